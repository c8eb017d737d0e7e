"""An order is kept aside (留货) for a resident who cannot come yet, until the end of a day."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from groupbuy.audit.actor import Actor
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.flows.order_log import log_order
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.times import local_moment
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.queries import lock_order
from groupbuy.pickup.models import OrderAside, PerishableLine
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES

MOST_DAYS = 14
MAX_NOTE = 100


def set_aside(
    *, order: Order, day: date, note: str | None, now: datetime, zone: ZoneInfo, actor: Actor
) -> OrderAside:
    """Keep an order aside until the end of a day; again moves the day, the same day changes nothing.

    The resident is told once for each day. Until then nothing of it is confirmed by itself or disposed of.
    Raise BadInput ``out_of_range`` for a day that is over or more than MOST_DAYS away, ``too_long``;
    RuleBroken ``not_ready`` before the close, ``already_picked_up`` when nothing is to be fetched.
    """
    lock_order(order)
    _check(order, day, note, now.astimezone(zone).date())
    row = db.session.get(OrderAside, order.id)
    if row is not None and (row.day, row.note) == (day, _trimmed(note)):
        return row
    row = row or OrderAside(order_id=order.id)
    row.day, row.until, row.note = day, local_moment(day, "24:00", zone), _trimmed(note)
    row.at, row.actor = now, actor.name
    db.session.add(row)
    db.session.flush()
    _wait_with_perishables(order, row.until)
    log_order(order, "order_set_aside", now, actor.name, after={"day": day.isoformat(), "note": row.note})
    values = {"order": order.number, "place": order.leader.address or order.leader.name, "day": str(day)}
    who = recipient(RESIDENT, order.resident_id)
    telling.tell([Notice(f"set-aside-{order.id}-{day}", "set_aside", who, values)], now=now)
    return row


def _trimmed(note: str | None) -> str | None:
    return (note or "").strip() or None


def _check(order: Order, day: date, note: str | None, today: date) -> None:
    if order.round.state in (*NOT_READY, RoundState.CANCELLED):
        raise RuleBroken("not_ready", "The round of this order has not closed yet.")
    if order.state not in OPEN_STATES:
        raise RuleBroken("already_picked_up", "Nothing of this order is to be fetched any more.")
    if not today <= day <= today + timedelta(days=MOST_DAYS):
        raise BadInput("out_of_range", f"From today on, at most {MOST_DAYS} days.", param="day")
    if len((note or "").strip()) > MAX_NOTE:
        raise BadInput("too_long", f"At most {MAX_NOTE} characters.", param="note")


def _wait_with_perishables(order: Order, until: datetime) -> None:
    """Put off what may be disposed of sooner; its leader is asked anew then."""
    lines = select(OrderLine.id).where(OrderLine.order_id == order.id)
    db.session.execute(
        update(PerishableLine)
        .where(PerishableLine.order_line_id.in_(lines), PerishableLine.decision.is_(None))
        .where(PerishableLine.due_at < until)
        .values(due_at=until, proposed_at=None)
        .execution_options(synchronize_session=False)
    )


def end(*, order: Order, now: datetime, actor: Actor) -> None:
    """Keep an order aside no longer; again changes nothing.

    The resident keeps for perishables the time that was promised.
    """
    lock_order(order)
    row = db.session.get(OrderAside, order.id)
    if row is not None and row.until > now:
        former = row.day.isoformat()
        db.session.delete(row)
        db.session.flush()
        log_order(order, "order_aside_ended", now, actor.name, after={"former": former})
