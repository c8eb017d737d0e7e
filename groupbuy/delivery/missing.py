"""Reading what leaders found missing, and what of it a shortage explains."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Offer, Round
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.delivery.brought import brought_by
from groupbuy.delivery.models import DeliveryStop, Discrepancy
from groupbuy.delivery.rules import Decision
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.days import day_of
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.shortening import is_shared_out


def discrepancies(*, day: date | None = None, stop_id: int | None = None) -> Sequence[Discrepancy]:
    """Return what leaders found missing, of a day or of a stop, the undecided first."""
    found = (
        select(Discrepancy)
        .join(DeliveryStop, DeliveryStop.id == Discrepancy.stop_id)
        .options(
            joinedload(Discrepancy.stop).joinedload(DeliveryStop.leader),
            joinedload(Discrepancy.stop).joinedload(DeliveryStop.route),
            joinedload(Discrepancy.offer).joinedload(Offer.product),
        )
        .order_by(Discrepancy.decided_at.is_not(None), Discrepancy.id)
    )
    if day is not None:
        found = found.where(DeliveryStop.day == day)
    if stop_id is not None:
        found = found.where(Discrepancy.stop_id == stop_id)
    return db.session.scalars(found).all()


def get_discrepancy(discrepancy_id: int, *, lock: bool = False) -> Discrepancy:
    """Return a discrepancy, locked until the transaction ends where asked for; raise NotFound."""
    found = db.session.get(Discrepancy, discrepancy_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound("unknown_discrepancy", "There is no such discrepancy.")
    return found


def refunded_of(round_id: int) -> Sequence[Discrepancy]:
    """Return what was refunded of a round's goods because leaders missed it, by id, locked."""
    found = (
        select(Discrepancy)
        .join(Offer, Offer.id == Discrepancy.offer_id)
        .where(Offer.round_id == round_id, Discrepancy.decision == Decision.REFUND)
        .order_by(Discrepancy.id)
        .with_for_update(of=Discrepancy)
    )
    return db.session.scalars(found.execution_options(populate_existing=True)).all()


def undecided_of(offer_ids: Collection[int]) -> Sequence[Discrepancy]:
    """Return what leaders missed of some offers and nobody has decided about, by id, with its stop."""
    found = (
        select(Discrepancy)
        .where(Discrepancy.offer_id.in_(offer_ids), Discrepancy.decision.is_(None))
        .where(Discrepancy.sent > Discrepancy.got)
        .options(joinedload(Discrepancy.stop))
        .order_by(Discrepancy.id)
    )
    return db.session.scalars(found).all()


def lost_on_the_way(round_id: int) -> Mapping[int, int]:
    """Return by offer of a round how many units came, were missed by leaders and refunded."""
    lost = (
        select(Discrepancy.offer_id, total(Discrepancy.sent - Discrepancy.got - Discrepancy.never_came))
        .join(Offer, Offer.id == Discrepancy.offer_id)
        .where(Offer.round_id == round_id, Discrepancy.decision == Decision.REFUND)
    )
    return by_key(lost.group_by(Discrepancy.offer_id))


def really_missing(found: Discrepancy) -> int:
    """Return the units that an undecided discrepancy is about, without what a shortage took since.

    A leader signs against what the orders hold; what is shared out later was never sent.
    """
    return max(found.missing - taken_since(found.stop, found.offer_id), 0)


def taken_since(stop: DeliveryStop, offer_id: int) -> int:
    """Return the units of an offer that a shortage has taken from a stop since it was signed for."""
    took = _shared_out(stop).where(OrderLine.offer_id == offer_id, LineChange.at > stop.signed_at)
    return db.session.scalar(took.with_only_columns(total(LineChange.units))) or 0


def after_sharing_out(stop: DeliveryStop, now: datetime) -> datetime:
    """Return a time for a signature that is not before what was shared out of its goods already.

    The caller has locked the rounds. Who waited for a lock read the clock before; the order of the locks
    counts, and ``taken_since`` knows it by these times.
    """
    last = db.session.scalar(_shared_out(stop).with_only_columns(func.max(LineChange.at)))
    return now if last is None else max(now, last)


def _shared_out(stop: DeliveryStop) -> Select[LineChange]:
    return (
        select(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Round, Round.id == Order.round_id)
        .where(*brought_by(stop), is_shared_out())
    )


def after_signatures(round_id: int, now: datetime) -> datetime:
    """Return a time for a change to the goods of a round that is after all who have signed for them.

    The caller has locked the round; see ``after_sharing_out``.
    """
    days = select(day_of()).join(Round, Round.id == Order.round_id).where(Order.round_id == round_id)
    last = db.session.scalar(select(func.max(DeliveryStop.signed_at)).where(DeliveryStop.day.in_(days)))
    return now if last is None or last < now else last + timedelta(microseconds=1)
