"""Taking and giving back scarce units: conditional updates whose row count decides.

Callers pass offers in the order of their ids, so that two orders never wait for each other.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update

from groupbuy.campaigns.models import Offer, OfferBuyer, OfferStock
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import RuleBroken


def take(*, offer_id: int, units: int) -> None:
    """Take units of an offer, or give some back when negative, while the round still sells.

    Raise RuleBroken ``round_closed`` once the round is sealed, ``sold_out`` when too few are left.
    """
    fits = (OfferStock.limit_units.is_(None)) | (OfferStock.sold + units <= OfferStock.limit_units)
    if not _add(offer_id, units, ~OfferStock.sealed & fits):
        _explain(offer_id)


def check_open(offer_id: int) -> None:
    """Hold an offer's cut-off off until the transaction ends; raise RuleBroken ``round_closed`` after it."""
    if not _add(offer_id, 0, ~OfferStock.sealed):
        _explain(offer_id)


def take_after_close(*, offer_id: int, units: int) -> None:
    """Take units of an offer of a sealed round, for staff; raise RuleBroken ``sold_out`` above its limit."""
    fits = (OfferStock.limit_units.is_(None)) | (OfferStock.sold + units <= OfferStock.limit_units)
    if not _add(offer_id, units, fits):
        raise RuleBroken("sold_out", "More than its stock limit allows.")


def give_back(*, offer_id: int, units: int) -> None:
    """Give units back whether the round is sealed or not, as a time-out does."""
    _add(offer_id, -units, OfferStock.sold >= units)


def _add(offer_id: int, units: int, condition: ColumnElement[bool]) -> bool:
    taken = db.session.execute(
        update(OfferStock)
        .where(OfferStock.offer_id == offer_id, condition)
        .values(sold=OfferStock.sold + units)
        .returning(OfferStock.offer_id)
        .execution_options(synchronize_session=False)
    )
    return taken.scalar() is not None


def _explain(offer_id: int) -> None:
    stock = db.session.execute(
        select(OfferStock.sealed, OfferStock.sold, OfferStock.limit_units).where(
            OfferStock.offer_id == offer_id
        )
    ).one()
    if stock.sealed:
        raise RuleBroken("round_closed", "This round has closed.")
    left = max((stock.limit_units or 0) - stock.sold, 0)
    raise RuleBroken("sold_out", f"Only {left} left." if left else "Sold out.")


def take_share(*, offer_id: int, resident_id: int, units: int, limit: int) -> None:
    """Count units towards a resident's limit of an offer; raise RuleBroken ``limit_reached``."""
    row = {"offer_id": offer_id, "resident_id": resident_id, "units": units}
    statement = insert_into(OfferBuyer).values(row)
    taken = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["offer_id", "resident_id"],
            set_={"units": OfferBuyer.units + units},
            where=OfferBuyer.units + units <= limit,
        ).returning(OfferBuyer.units)
    ).scalar()
    # The first purchase has no row to conflict with, so its own size is judged here.
    if taken is None or taken > limit:
        raise RuleBroken("limit_reached", f"At most {limit} per person.")


def give_share_back(*, offer_id: int, resident_id: int, units: int) -> None:
    """Count units no longer towards a resident's limit of an offer, where there is one."""
    db.session.execute(
        update(OfferBuyer)
        .where(OfferBuyer.offer_id == offer_id, OfferBuyer.resident_id == resident_id)
        .where(OfferBuyer.units >= units)
        .values(units=OfferBuyer.units - units)
        .execution_options(synchronize_session=False)
    )


def seal(*, round_id: int, sealed: bool = True) -> None:
    """Set or lift the cut-off on every offer of a round; wait for orders in flight."""
    _lock_offers(round_id)
    db.session.execute(
        update(OfferStock)
        .where(OfferStock.offer_id.in_(select(Offer.id).where(Offer.round_id == round_id)))
        .where(OfferStock.sealed != sealed)
        .values(sealed=sealed)
        .execution_options(synchronize_session=False)
    )


def seal_unsold(offer_ids: Sequence[int]) -> list[int]:
    """Close those of some offers that nobody has ordered; return their ids in order."""
    rows = select(OfferStock.offer_id).where(OfferStock.offer_id.in_(offer_ids)).order_by(OfferStock.offer_id)
    db.session.execute(rows.with_for_update())
    sealed = db.session.scalars(
        update(OfferStock)
        .where(OfferStock.offer_id.in_(offer_ids), OfferStock.sold == 0)
        .values(sealed=True)
        .returning(OfferStock.offer_id)
        .execution_options(synchronize_session=False)
    )
    return sorted(sealed)


def _lock_offers(round_id: int) -> None:
    """Lock the stock rows in the order of their keys; one UPDATE alone locks in any order."""
    db.session.execute(
        select(OfferStock.offer_id)
        .join(Offer, Offer.id == OfferStock.offer_id)
        .where(Offer.round_id == round_id)
        .order_by(OfferStock.offer_id)
        .with_for_update(of=OfferStock)
    )
