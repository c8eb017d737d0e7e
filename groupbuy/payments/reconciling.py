"""A day of a channel's own book beside ours: what is missing, what differs."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.finance.rules import BOOKS
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.payments.bill_differences import Day, Difference, day_bounds, differences
from groupbuy.payments.gateways import BillLine
from groupbuy.payments.models import ChannelBill, ChannelBillLine, ChannelPayment, ChannelRefund

BILL_JOB = "channel_bill"
# Channels whose bills are read. WeChat has a day's bill from ten in the morning of the next one.
BILLED = ("wechat", "alipay")
READY = time(10, 30)


def check_day(day: date, *, now: datetime) -> None:
    """Raise BadInput ``day_running`` for a day that has not ended in China."""
    if day_bounds(day)[1] > now:
        raise BadInput("day_running", "This day has not ended yet.", param="day")


def store_bill(*, channel: str, day: date, lines: Iterable[BillLine], now: datetime, actor: str) -> int:
    """Keep a day of a channel's book in place of what was kept before; return how many lines it has.

    Of what the channel has and we do not it is asked once more.
    """
    mine = (ChannelBillLine.channel == channel, ChannelBillLine.day == day)
    db.session.execute(delete(ChannelBillLine).where(*mine))
    rows = [{"channel": channel, "day": day} | _values_of(line) for line in lines]
    if rows:
        db.session.execute(insert_into(ChannelBillLine).on_conflict_do_nothing(), rows)
    db.session.merge(ChannelBill(channel=channel, day=day, fetched_at=now))
    db.session.flush()
    found = differences(channel=channel, day=day)
    _ask_about([one for one in found if one.ours_fen is None], now)
    audit.record(
        at=now,
        actor=actor,
        verb="bill_fetched",
        subject_kind="channel_bill",
        subject=f"{channel}:{day}",
        after={"lines": len(rows), "differences": len(found)},
    )
    return len(rows)


def _ask_about(missing: Sequence[Difference], now: datetime) -> None:
    """Let the channel be asked at once about payments and refunds of ours that it says are paid."""
    payments = [one.number for one in missing if one.kind == "pay"]
    refunds = [one.number for one in missing if one.kind == "refund"]
    mine, back = ChannelPayment.number.in_(payments), ChannelRefund.number.in_(refunds)
    db.session.execute(update(ChannelPayment).where(mine).values(look_at=now))
    # What went to the wallet instead is listed only: a person gets it back from the resident.
    open_ones = ChannelRefund.state != "to_wallet"
    db.session.execute(update(ChannelRefund).where(back, open_ones).values(look_at=now))


def _values_of(line: BillLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "number": line.number,
        "payment_number": line.payment_number,
        "amount_fen": line.amount_fen,
        "reference": line.transaction,
        "at": line.at,
    }


def stored_days(*, before: tuple[date, str] | None = None, most: int = 400) -> Sequence[ChannelBill]:
    """Return the days that are stored, the latest first, which come after this day and channel."""
    order = ChannelBill.day.desc(), ChannelBill.channel.desc()
    days = select(ChannelBill).order_by(*order).limit(most)
    if before is not None:
        days = days.where(tuple_(ChannelBill.day, ChannelBill.channel) < before)
    return db.session.scalars(days).all()


def fetched_days(*, first: date, last: date) -> Sequence[Day]:
    """Return the days from one to another that are stored, as (channel, day)."""
    mine = select(ChannelBill.channel, ChannelBill.day).where(ChannelBill.day.between(first, last))
    return [(channel, day) for channel, day in db.session.execute(mine)]


def unfetched_days(*, first: date, last: date, now: datetime) -> Sequence[Day]:
    """Return the days whose bill was never fetched though its channel has taken money and has it ready."""
    begun = select(ChannelPayment.channel, func.min(ChannelPayment.created_at)).group_by(
        ChannelPayment.channel
    )
    since = {name: at.astimezone(BOOKS).date() for name, at in db.session.execute(begun)}
    fetched = set(fetched_days(first=first, last=last))
    local = now.astimezone(BOOKS)
    last = min(last, local.date() - timedelta(days=1 if local.time() >= READY else 2))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    due = [(name, day) for day in days for name in BILLED if name in since and day >= since[name]]
    return [one for one in due if one not in fetched]


def get_bill(*, channel: str, day: date) -> ChannelBill:
    """Return a stored day of a channel's book; raise NotFound."""
    bill = db.session.get(ChannelBill, (channel, day))
    if bill is None:
        raise NotFound("no_bill", "No bill of this channel was fetched for this day.", param="day")
    return bill


def lock_bill(*, channel: str, day: date) -> None:
    """Let nobody else settle differences of a stored day until the transaction ends; raise NotFound."""
    get_bill(channel=channel, day=day)
    mine = (ChannelBill.channel == channel, ChannelBill.day == day)
    db.session.execute(select(ChannelBill.day).where(*mine).with_for_update())


def due_days(now: datetime) -> Sequence[tuple[str, date]]:
    """Return which bills are to be fetched: yesterday's of channels that took money before today."""
    local = now.astimezone(BOOKS)
    if local.time() < READY:
        return []
    day = local.date() - timedelta(days=1)
    return [(name, day) for name in BILLED if not _is_fetched(name, day) and _was_used(name, day)]


def _is_fetched(channel: str, day: date) -> bool:
    """Tell whether a bill is there, or is being fetched."""
    if db.session.get(ChannelBill, (channel, day)) is not None:
        return True
    queued = select(Job.id).where(Job.kind == BILL_JOB, Job.key == f"{channel}:{day}")
    return db.session.scalar(queued) is not None


def _was_used(channel: str, day: date) -> bool:
    before = (ChannelPayment.channel == channel, ChannelPayment.created_at < day_bounds(day)[1])
    return db.session.scalar(select(ChannelPayment.id).where(*before).limit(1)) is not None


def queue_bill(*, channel: str, day: date, now: datetime) -> None:
    """Queue the download of a bill, once for each day."""
    payload = {"channel": channel, "day": day.isoformat()}
    jobs.enqueue(kind=BILL_JOB, key=f"{channel}:{day}", payload=payload, now=now)
