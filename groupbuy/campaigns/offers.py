"""Changing an offer of a round: a new version for later orders, a new limit under the old sales."""

from datetime import datetime

from sqlalchemy import select, true, update

from groupbuy.audit import service as audit
from groupbuy.campaigns.models import Offer, OfferStock, OfferVersion
from groupbuy.catalog.rules import offered_price
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken


def current_version(offer: Offer) -> OfferVersion:
    """Return what is offered now."""
    return db.session.scalars(
        select(OfferVersion).where(OfferVersion.offer_id == offer.id, OfferVersion.number == offer.version_no)
    ).one()


def change_price(*, offer: Offer, price_fen: int, now: datetime, actor: str) -> OfferVersion:
    """Offer a product at another price from now on; orders placed before keep theirs.

    Of weighed goods it is the price of so many grams as before.
    """
    if price_fen < 0:
        raise BadInput("out_of_range", "A price is not negative.", param="price_fen")
    db.session.refresh(offer, with_for_update=True)
    former = current_version(offer)
    copied = {
        column: getattr(former, column)
        for column in ("offer_id", "name", "spec", "unit", "list_price_fen", "cost_fen", "case_size")
    }
    prices = offered_price(price_fen, former.price_basis_g, former.est_grams)
    fresh = OfferVersion(**copied, number=former.number + 1, **prices)
    offer.version_no = fresh.number
    db.session.add(fresh)
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="offer_price_changed",
        subject_kind="offer",
        subject=str(offer.id),
        before={"price_fen": former.quoted_fen},
        after={"price_fen": price_fen},
    )
    return fresh


def change_limit(*, offer: Offer, limit_units: int | None, now: datetime, actor: str) -> None:
    """Set another stock limit; raise RuleBroken ``already_sold`` below what is sold, ``round_closed``."""
    stock = db.session.get_one(OfferStock, offer.id, populate_existing=True)
    former = stock.limit_units
    fits = true() if limit_units is None else OfferStock.sold <= limit_units
    changed = db.session.execute(
        update(OfferStock)
        .where(OfferStock.offer_id == offer.id, ~OfferStock.sealed, fits)
        .values(limit_units=limit_units)
        .returning(OfferStock.offer_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        code = "round_closed" if stock.sealed else "already_sold"
        raise RuleBroken(code, "More has been sold already, or the round has closed.", param="limit_units")
    audit.record(
        at=now,
        actor=actor,
        verb="offer_limit_changed",
        subject_kind="offer",
        subject=str(offer.id),
        before={"limit_units": former},
        after={"limit_units": limit_units},
    )
