"""Money that is due: orders never paid, channels to ask, bills to fetch, what is owed back."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.actor import Actor
from groupbuy.audit.service import SCHEDULER
from groupbuy.commissions import transfers
from groupbuy.db import db
from groupbuy.flows import levelling, ordering, refunding, returning, transferring
from groupbuy.flows.due.step import Due, Step, said
from groupbuy.orders import queries as orders
from groupbuy.orders.models import Order
from groupbuy.payments import channel_refunds, charging, reconciling

ACTOR = Actor(SCHEDULER)
MOST_AT_ONCE = 500


def _unpaid(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in orders.unpaid_past(now, most=MOST_AT_ONCE):
        yield Step("expire", order.id, order.number, order.expires_at or now)


def _payments(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for payment in charging.due_to_look(now, most=MOST_AT_ONCE):
        yield Step("ask_channel", payment.id, payment.number, payment.look_at or now)


def _refunds(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for refund in channel_refunds.due_to_look(now, most=MOST_AT_ONCE):
        yield Step("ask_refund", refund.id, refund.number, refund.look_at or now)


def _transfers(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for transfer in transfers.due_to_look(now, most=MOST_AT_ONCE):
        yield Step("ask_transfer", transfer.id, transfer.number, transfer.look_at or now)


def _never_paid(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in refunding.due_to_give_back(most=MOST_AT_ONCE):
        yield Step("give_back", order.id, order.number, now)


def _owed_back(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in returning.due_to_return(most=MOST_AT_ONCE):
        yield Step("return", order.id, order.number, now)


def _bills(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for channel, day in reconciling.due_days(now):
        yield Step("bill", day.toordinal(), channel, now)


def _level_reviews(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    if month := levelling.due_month(now, zone):
        yield Step("levels", month.toordinal(), f"{month:%Y-%m}", now)


def _expire(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    order = db.session.get_one(Order, ref)
    return "cancelled unpaid" if ordering.expire_order(order=order, now=now, actor=ACTOR) else None


def _ask_channel(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return "queued" if charging.queue_look(payment_id=ref, now=now) else None


def _ask_refund(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return channel_refunds.queue_look(refund_id=ref, now=now)


def _ask_transfer(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return transferring.queue_look(transfer_id=ref, now=now)


def _give_back(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    amount = refunding.give_back(order=db.session.get_one(Order, ref), now=now)
    return f"{amount} fen" if amount else None


def _return(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    amount = returning.return_owed(order=db.session.get_one(Order, ref), now=now)
    return f"{amount} fen" if amount else None


def _bill(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    day = date.fromordinal(ref)
    for channel, due in reconciling.due_days(now):
        if due == day:
            reconciling.queue_bill(channel=channel, day=day, now=now)
            return f"queued {day}"
    return None


def _review_levels(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    return said(levelling.review(month=date.fromordinal(ref), now=now, zone=zone, actor=SCHEDULER), "moved")


DUE: Mapping[str, Due] = {
    "expire": Due(_unpaid, _expire),
    "ask_channel": Due(_payments, _ask_channel),
    "ask_refund": Due(_refunds, _ask_refund),
    "ask_transfer": Due(_transfers, _ask_transfer),
    "give_back": Due(_never_paid, _give_back),
    "return": Due(_owed_back, _return),
    "bill": Due(_bills, _bill),
    "levels": Due(_level_reviews, _review_levels),
}
