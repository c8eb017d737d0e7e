"""What is due at a moment, and doing it: each step in a transaction of its own, opened by the edge."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.sealing import seal_entries, unsealed_since
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.campaigns.rules import cap_reached
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.finance import sealing as book_sealing
from groupbuy.flows import (
    announcing,
    bookkeeping,
    closing,
    following_up,
    levelling,
    ordering,
    planning,
    refunding,
    replacing,
    returning,
    telling,
    without_routes,
)
from groupbuy.jobs import runs
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.times import iso
from groupbuy.orders import bulk as order_totals
from groupbuy.orders import queries as orders
from groupbuy.orders.models import Order
from groupbuy.payments import channel_refunds, charging, reconciling

ACTOR = ordering.Actor(SCHEDULER)
MOST_AT_ONCE = 500

# Opening and closing is short and must be punctual; the rest may take its time in a beat of its own.
PUNCTUAL = frozenset({"open", "close"})
PATIENT = frozenset(
    {
        "plan",
        "cap",
        "expire",
        "announce",
        "seal_audit",
        "seal_books",
        "settle",
        "ask_channel",
        "ask_refund",
        "give_back",
        "return",
        "bill",
        "remind",
        "confirm",
        "levels",
        "tell_opened",
        "tell_closing",
        "remind_round",
        "confirm_round",
        "promise",
    }
)
EVERYTHING = PUNCTUAL | PATIENT


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is due: ``ref`` is the row's id, ``subject`` its name for people."""

    kind: str
    ref: int
    subject: str
    due_at: datetime


def due_steps(*, now: datetime, zone: ZoneInfo, kinds: frozenset[str] = EVERYTHING) -> list[Step]:
    """Return what is due, found without locks; each step claims its row again when it is performed."""
    return [step for kind, look in _LOOKS.items() if kind in kinds for step in look(now, zone)]


def perform(step: Step, *, now: datetime, zone: ZoneInfo) -> str | None:
    """Do one due step and log the run; None when somebody else has done it."""
    result = _DEEDS[step.kind](step.ref, now, zone)
    if result is not None:
        runs.record(kind=step.kind, subject=step.subject, due_at=step.due_at, ran_at=now, result=result)
    return result


def _plans(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for campaign in planning.due_to_plan(now=now, zone=zone):
        yield Step("plan", campaign.id, campaign.code, now)


def _opens(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.due_to_open(now):
        yield Step("open", round_.id, round_.name, round_.opens_at)


def _caps(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.open_with_caps(now):
        orders_, units, amount = order_totals.totals(round_.id)
        if cap_reached(orders_, units, amount, round_.cap_orders, round_.cap_units, round_.cap_amount_fen):
            yield Step("cap", round_.id, round_.name, now)


def _closes(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in campaigns.due_to_close(now):
        yield Step("close", round_.id, round_.name, round_.closes_at)


def _unpaid(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in orders.unpaid_past(now, most=MOST_AT_ONCE):
        yield Step("expire", order.id, order.number, order.expires_at or now)


def _seals(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = unsealed_since(now)
    if since is not None:
        yield Step("seal_audit", 0, "audit", since)


def _book_seals(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = book_sealing.unsealed_since(now)
    if since is not None:
        yield Step("seal_books", 0, "books", since)


def _settlements(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    since = settling.due_since(now)
    if since is not None:
        yield Step("settle", 0, "books", since)


def _reminders(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for ripe in following_up.due_reminders(now):
        yield Step("remind", ripe.stop.id, f"{ripe.stop.leader.code} {ripe.stop.day}", ripe.due_at)


def _confirmations(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for ripe in following_up.due_confirmations(now):
        yield Step("confirm", ripe.stop.id, f"{ripe.stop.leader.code} {ripe.stop.day}", ripe.due_at)


def _news(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    if announcing.is_due():
        yield Step("announce", 0, "webhooks", now)


def _payments(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for payment in charging.due_to_look(now, most=MOST_AT_ONCE):
        yield Step("ask_channel", payment.id, payment.number, payment.look_at or now)


def _refunds(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for refund in channel_refunds.due_to_look(now, most=MOST_AT_ONCE):
        yield Step("ask_refund", refund.id, refund.number, refund.look_at or now)


def _bills(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for channel, day in reconciling.due_days(now):
        yield Step("bill", day.toordinal(), channel, now)


def _never_paid(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in refunding.due_to_give_back(most=MOST_AT_ONCE):
        yield Step("give_back", order.id, order.number, now)


def _owed_back(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for order in returning.due_to_return(most=MOST_AT_ONCE):
        yield Step("return", order.id, order.number, now)


def _openings(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in telling.due_openings(now):
        # A round may be planned when its opening has passed: nobody is told late of that one.
        yield Step("tell_opened", round_.id, round_.name, now)


def _near_closes(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for round_ in telling.due_reminders(now):
        yield Step("tell_closing", round_.id, round_.name, now)


def _rounds_to_remind(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for round_ in without_routes.due_reminders(now, zone):
        yield Step("remind_round", round_.id, round_.name, now)


def _rounds_to_confirm(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    for round_ in without_routes.due_confirmations(now, zone):
        yield Step("confirm_round", round_.id, round_.name, now)


def _promises(now: datetime, _: ZoneInfo) -> Iterator[Step]:
    for row in replacing.due(now):
        yield Step("promise", row.id, row.case.number, row.promised_at)


def _level_reviews(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    if month := levelling.due_month(now, zone):
        yield Step("levels", month.toordinal(), f"{month:%Y-%m}", now)


def _plan(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    names = planning.plan_rounds(campaign=db.session.get_one(Campaign, ref), now=now, zone=zone)
    return ", ".join(names) or None


def _open(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    round_ = db.session.get_one(Round, ref)
    return "opened" if lifecycle.open_round(round_=round_, now=now, actor=SCHEDULER) else None


def _cap(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    round_ = db.session.get_one(Round, ref)
    try:
        lifecycle.change_cutoff(name=round_.name, closes_at=now, now=now, actor=SCHEDULER)
    except RuleBroken:
        return None
    return f"full, cut off at {iso(now)}"


def _close(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return "sealed" if closing.seal_round(round_=db.session.get_one(Round, ref), now=now) else None


def _expire(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    order = db.session.get_one(Order, ref)
    return "cancelled unpaid" if ordering.expire_order(order=order, now=now, actor=ACTOR) else None


def _announce(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = announcing.announce_new(now=now)
    return f"{count} deliveries" if count else None


def _seal_audit(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = seal_entries(now=now)
    if count:
        announcing.announce_sealed(now=now)
    return f"{count} entries" if count else None


def _seal_books(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = book_sealing.seal(now=now)
    return f"{count} postings" if count else None


def _settle(_: int, now: datetime, __: ZoneInfo) -> str | None:
    count = bookkeeping.keep_books(now=now)
    return None if count is None else f"{count} changed"


def _ask_channel(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return "queued" if charging.queue_look(payment_id=ref, now=now) else None


def _ask_refund(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return "queued" if channel_refunds.queue_look(refund_id=ref, now=now) else None


def _bill(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    day = date.fromordinal(ref)
    for channel, due in reconciling.due_days(now):
        if due == day:
            reconciling.queue_bill(channel=channel, day=day, now=now)
            return f"queued {day}"
    return None


def _give_back(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    amount = refunding.give_back(order=db.session.get_one(Order, ref), now=now)
    return f"{amount} fen" if amount else None


def _return(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    amount = returning.return_owed(order=db.session.get_one(Order, ref), now=now)
    return f"{amount} fen" if amount else None


def _remind(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    count = following_up.remind(stop_id=ref, now=now)
    return None if count is None else f"{count} reminded"


def _confirm(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    count = following_up.confirm(stop_id=ref, now=now)
    return None if count is None else f"{count} confirmed"


def _review_levels(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = levelling.review(month=date.fromordinal(ref), now=now, zone=zone, actor=SCHEDULER)
    return None if count is None else f"{count} moved"


def _tell_opened(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = telling.tell_of_opening(round_=db.session.get_one(Round, ref), now=now, zone=zone)
    return None if count is None else f"{count} told"


def _tell_closing(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = telling.tell_of_closing(round_=db.session.get_one(Round, ref), now=now, zone=zone)
    return None if count is None else f"{count} told"


def _remind_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = without_routes.remind(round_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} reminded"


def _confirm_round(ref: int, now: datetime, zone: ZoneInfo) -> str | None:
    count = without_routes.confirm(round_id=ref, now=now, zone=zone)
    return None if count is None else f"{count} confirmed"


def _promise(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    return replacing.move_on(replacement_id=ref, now=now)


_LOOKS: Mapping[str, Callable[[datetime, ZoneInfo], Iterator[Step]]] = {
    "plan": _plans,
    "open": _opens,
    "cap": _caps,
    "close": _closes,
    "expire": _unpaid,
    "announce": _news,
    "seal_audit": _seals,
    "seal_books": _book_seals,
    "settle": _settlements,
    "ask_channel": _payments,
    "ask_refund": _refunds,
    "give_back": _never_paid,
    "return": _owed_back,
    "bill": _bills,
    "remind": _reminders,
    "confirm": _confirmations,
    "levels": _level_reviews,
    "tell_opened": _openings,
    "tell_closing": _near_closes,
    "remind_round": _rounds_to_remind,
    "confirm_round": _rounds_to_confirm,
    "promise": _promises,
}

_DEEDS: Mapping[str, Callable[[int, datetime, ZoneInfo], str | None]] = {
    "plan": _plan,
    "open": _open,
    "cap": _cap,
    "close": _close,
    "expire": _expire,
    "announce": _announce,
    "seal_audit": _seal_audit,
    "seal_books": _seal_books,
    "settle": _settle,
    "ask_channel": _ask_channel,
    "ask_refund": _ask_refund,
    "give_back": _give_back,
    "return": _return,
    "bill": _bill,
    "remind": _remind,
    "confirm": _confirm,
    "levels": _review_levels,
    "tell_opened": _tell_opened,
    "tell_closing": _tell_closing,
    "remind_round": _remind_round,
    "confirm_round": _confirm_round,
    "promise": _promise,
}
