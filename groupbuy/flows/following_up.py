"""What follows when goods have arrived: reminders, and the confirmation of what nobody scanned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from groupbuy.aftersales.queries import holds_back
from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.delivery.brought import brought_by
from groupbuy.delivery.models import DeliveryStop, Discrepancy
from groupbuy.finance.dials import dials
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders import service
from groupbuy.orders.days import is_on
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.models import PickupEvent, PickupFollowUp
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES
from groupbuy.pickup.unfetched import is_aside, is_undecided

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Ripe:
    """A leader's day on which something is due, and since when."""

    stop: DeliveryStop
    due_at: datetime


def due_reminders(now: datetime) -> list[Ripe]:
    """Return the days of leaders whose residents are to be reminded."""
    return ripe_after(now, _wait(dials().remind_hours), PickupFollowUp.reminded_at)


def due_confirmations(now: datetime) -> list[Ripe]:
    """Return the days of leaders on which something nobody scanned is to be confirmed.

    One with an undecided discrepancy, or of which only orders are left that wait for somebody, waits.
    """
    ripe = ripe_after(now, _wait(dials().confirm_hours), PickupFollowUp.confirmed_at)
    return [one for one in ripe if _may_be_confirmed(one.stop, now)]


def _wait(hours: int) -> timedelta | None:
    return timedelta(hours=hours) if hours else None


def ripe_after(
    now: datetime, wait: timedelta | None, done: InstrumentedAttribute[datetime | None]
) -> list[Ripe]:
    """Return the days of leaders whose goods have been there for so long, on which it is not done yet."""
    if wait is None:
        return []
    followed = and_(
        PickupFollowUp.leader_id == DeliveryStop.leader_id,
        PickupFollowUp.day == DeliveryStop.day,
        PickupFollowUp.tour == DeliveryStop.tour,
    )
    stops = db.session.scalars(
        select(DeliveryStop)
        .outerjoin(PickupFollowUp, followed)
        .where(DeliveryStop.arrived_at <= now - wait, done.is_(None))
        .order_by(DeliveryStop.arrived_at, DeliveryStop.id)
        .limit(MOST_AT_ONCE)
    )
    return [Ripe(stop, stop.arrived_at + wait) for stop in stops if stop.arrived_at is not None]


def _may_be_confirmed(stop: DeliveryStop, now: datetime) -> bool:
    undecided = select(Discrepancy.id).where(Discrepancy.stop_id == stop.id, Discrepancy.decision.is_(None))
    if db.session.scalar(undecided.limit(1)) is not None:
        return False
    ready = db.session.scalar(open_orders(stop).where(~is_awaited(now)).limit(1)) is not None
    return ready or db.session.scalar(open_orders(stop).limit(1)) is None


def open_orders(stop: DeliveryStop) -> Select[Order]:
    """Return the query of the orders brought to a stop that are to be fetched."""
    return (
        select(Order)
        .join(Round, Round.id == Order.round_id)
        .where(
            *brought_by(stop),
            Round.state.not_in((*NOT_READY, RoundState.CANCELLED)),
            Order.state.in_(OPEN_STATES),
        )
        .order_by(Order.id)
    )


def is_awaited(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an order does not count as fetched yet: somebody is to come or to decide."""
    conflict = PickupEvent.outcome == "conflict"
    disputed = exists().where(PickupEvent.order_no == Order.number, conflict)
    return or_(disputed, holds_back(), is_aside(now), is_undecided())


def remind(*, stop_id: int, now: datetime) -> int | None:
    """Remind each resident who has not come, once for a leader's day; None when somebody else has."""
    stop = db.session.get_one(DeliveryStop, stop_id)
    if not mark(stop, "reminded_at", now):
        return None
    orders = db.session.scalars(open_orders(stop).where(~is_aside(now))).all()
    return tell_reminders(orders, now=now)


def tell_reminders(orders: Iterable[Order], *, now: datetime) -> int:
    """Remind residents who have not come, each once, however many orders lie in the bag; return how many."""
    bags: dict[tuple[int, int], list[Order]] = {}
    for order in orders:
        bags.setdefault((order.leader_id, order.resident_id), []).append(order)
    telling.tell(map(_reminder, bags.values()), now=now)
    return len(bags)


def _reminder(bag: Sequence[Order]) -> Notice:
    order, titles = bag[0], list(dict.fromkeys(one.round.title for one in bag))
    values: dict[str, Value] = {
        "round": {"zh": "、".join(titles), "en": ", ".join(titles)},
        "place": order.leader.address or order.leader.name,
        "hours": order.leader.pickup_hours,
    }
    who = recipient(RESIDENT, order.resident_id)
    return Notice(reminder_key(order.id), "not_picked_up", who, values)


def reminder_key(order_id: int) -> str:
    """Return the key of the note that a resident gets who has not come, by the first order of the bag."""
    return f"not-picked-up-{order_id}"


def confirm(*, stop_id: int, now: datetime) -> int | None:
    """Confirm what nobody scanned of a leader's day and does not wait; return how many orders.

    Rounds of which nothing is left are completed. None when there is nothing to do any more.
    """
    stop = db.session.get_one(DeliveryStop, stop_id, with_for_update=True)
    if not _may_be_confirmed(stop, now):
        return None
    orders = db.session.scalars(open_orders(stop).where(~is_awaited(now))).all()
    confirmed = [order for order in orders if confirm_order(order, now)]
    if db.session.scalar(open_orders(stop).limit(1)) is None and not mark(stop, "confirmed_at", now):
        return None
    _complete_rounds(stop, now)
    return len(confirmed)


def confirm_order(order: Order, now: datetime) -> bool:
    """Note that an order counts as fetched; False when somebody else has handed it out meanwhile."""
    former = order.state
    if not service.move(order=order, old=OPEN_STATES, new=OrderState.PICKED_UP, picked_up_at=now):
        return False
    audit.record(
        at=now,
        actor=SCHEDULER,
        verb="order_picked_up",
        subject_kind="order",
        subject=order.number,
        before={"state": former},
        after={"state": order.state, "by": "automatic"},
    )
    return True


def _complete_rounds(stop: DeliveryStop, now: datetime) -> None:
    for round_id in db.session.scalars(_dispatched(stop)).all():
        round_ = lifecycle.lock_round(round_id)
        open_ = select(Order.id).where(Order.round_id == round_id, Order.state.in_(OPEN_STATES)).limit(1)
        if db.session.scalar(open_) is None:
            old = (RoundState.DISPATCHED,)
            lifecycle.move(round_=round_, old=old, new=RoundState.COMPLETED, now=now, actor=SCHEDULER)


def _dispatched(stop: DeliveryStop) -> Select[int]:
    theirs = select(Round.id).join(Order, Order.round_id == Round.id)
    rounds = theirs.where(Order.leader_id == stop.leader_id, is_on(stop.day))
    return rounds.where(Round.state == RoundState.DISPATCHED).distinct().order_by(Round.id)


def mark(stop: DeliveryStop, what: str, now: datetime) -> bool:
    """Note that something has followed; False when it had already."""
    column = getattr(PickupFollowUp, what)
    row = insert_into(PickupFollowUp).values(
        leader_id=stop.leader_id, day=stop.day, tour=stop.tour, **{what: now}
    )
    marked = row.on_conflict_do_update(
        index_elements=["leader_id", "day", "tour"], set_={what: now}, where=column.is_(None)
    )
    return db.session.execute(marked.returning(PickupFollowUp.leader_id)).scalar() is not None
