"""Rounds that are handed out without routes: reminders, confirmation and their end, from the pickup day on.

Nobody notes there when goods are at a leader's; they count as there at an hour of the pickup day that
operators set. Only rounds whose goods have been received are followed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, or_, select

from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.history_models import RoundTold
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.delivery.brought import is_planned
from groupbuy.finance.dials import dials
from groupbuy.flows import following_up
from groupbuy.kernel.times import local_moment
from groupbuy.orders.days import day_of, rounds_until
from groupbuy.orders.models import Order
from groupbuy.pickup.parts import OPEN_STATES
from groupbuy.pickup.unfetched import is_aside

REMINDED = "not_picked_up"
READY = (RoundState.RECEIVED, RoundState.DISPATCHED)
MOST_AT_ONCE = 100


def last_day(now: datetime, zone: ZoneInfo, *, hour: int, wait: timedelta) -> date:
    """Return the last pickup day whose goods have been there for so long."""
    day = (now - wait).astimezone(zone).date()
    return day if local_moment(day, f"{hour:02}:00", zone) <= now - wait else day - timedelta(days=1)


def due_reminders(now: datetime, zone: ZoneInfo) -> Sequence[Round]:
    """Return the rounds whose residents are to be reminded, or of which nothing is left."""
    if (day := _ripe(now, zone, dials().remind_hours)) is None:
        return []
    told = exists().where(RoundTold.round_id == Round.id, RoundTold.event == REMINDED)
    return rounds_ready(day, ~told, _has_work(day, ~is_aside(now)))


def due_confirmations(now: datetime, zone: ZoneInfo) -> Sequence[Round]:
    """Return the rounds in which something nobody scanned is to be confirmed, or nothing is left."""
    if (day := _ripe(now, zone, dials().confirm_hours)) is None:
        return []
    return rounds_ready(day, _has_work(day, ~following_up.is_awaited(now)))


def _has_work(day: date, free: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a round has an order without a route that is free, or nothing is left of it.

    The database decides in one statement, so that rounds with nothing to do take no place of others.
    """
    mine = select(Order.id).where(Order.round_id == Round.id, Order.state.in_(OPEN_STATES))
    waits = mine.where(day_of() <= day, ~is_planned(), free)
    return or_(waits.correlate(Round).exists(), ~mine.correlate(Round).exists())


def _ripe(now: datetime, zone: ZoneInfo, hours: int) -> date | None:
    wait = timedelta(hours=hours)
    return last_day(now, zone, hour=dials().pickup_hour, wait=wait) if hours else None


def rounds_ready(day: date, *conditions: ColumnElement[bool]) -> Sequence[Round]:
    """Return rounds of which something was to be fetched until a day, those of the earliest day first."""
    ripe = select(Round).where(Round.state.in_(READY), Round.id.in_(rounds_until(day)), *conditions)
    return db.session.scalars(ripe.order_by(Round.pickup_date, Round.id).limit(MOST_AT_ONCE)).all()


def _open(round_id: int) -> Select[Order]:
    mine = (Order.round_id == round_id, Order.state.in_(OPEN_STATES))
    return select(Order).join(Round, Round.id == Order.round_id).where(*mine).order_by(Order.id)


def left_of_day(round_id: int, day: date) -> Select[Order]:
    """Return the query of a round's orders that wait and are on no route."""
    return _open(round_id).where(day_of() <= day, ~is_planned())


def _any(orders: Select[Order]) -> bool:
    return db.session.scalar(orders.limit(1)) is not None


def remind(*, round_id: int, now: datetime, zone: ZoneInfo) -> int | None:
    """Remind each resident of a round who has not come, once; None when somebody else has."""
    day = _ripe(now, zone, dials().remind_hours)
    row = insert_into(RoundTold).values(round_id=round_id, event=REMINDED, at=now)
    claimed = db.session.execute(row.on_conflict_do_nothing().returning(RoundTold.round_id)).scalar()
    if claimed is None or day is None:
        return None
    orders = db.session.scalars(left_of_day(round_id, day).where(~is_aside(now))).all()
    return following_up.tell_reminders(orders, now=now)


def confirm(*, round_id: int, now: datetime, zone: ZoneInfo) -> int | None:
    """Confirm what nobody scanned and does not wait; complete the round when nothing is left.

    Return how many orders; None when there is nothing to do any more.
    """
    round_ = lifecycle.lock_round(round_id)
    day = _ripe(now, zone, dials().confirm_hours)
    if round_.state not in READY or day is None:
        return None
    orders = db.session.scalars(left_of_day(round_id, day).where(~following_up.is_awaited(now))).all()
    confirmed = [order for order in orders if following_up.confirm_order(order, now)]
    if _any(_open(round_id)):
        return len(confirmed) or None
    for old, new in pairwise((*READY, RoundState.COMPLETED)):
        lifecycle.move(round_=round_, old=(old,), new=new, now=now, actor=SCHEDULER)
    return len(confirmed)
