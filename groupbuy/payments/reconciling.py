"""A day of a channel's own book beside ours: what is missing, what differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, select, tuple_, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.finance.rules import BOOKS
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.payments.gateways import BillLine
from groupbuy.payments.models import ChannelBill, ChannelBillLine, ChannelPayment, ChannelRefund

BILL_JOB = "channel_bill"
# Channels whose bills are read. WeChat has a day's bill from ten in the morning of the next one.
BILLED = ("wechat", "alipay")
READY = time(10, 30)


@dataclass(frozen=True, slots=True)
class Difference:
    """A payment or refund on which the two books do not agree; None is not there at all. In fen."""

    kind: str
    number: str
    ours_fen: int | None
    theirs_fen: int | None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open span of a day of the books."""
    begin = datetime.combine(day, time(), BOOKS)
    return begin, begin + timedelta(days=1)


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


def differences(*, channel: str, day: date) -> Sequence[Difference]:
    """Return where a stored day of a channel's book and ours differ, by kind and number.

    What one side dates a day earlier or later is no difference once that day is stored as well.
    """
    found = []
    for kind, ours, known in (
        ("pay", _paid(channel, day), _all_paid),
        ("refund", _refunded(channel, day), _all_refunded),
    ):
        theirs = _lines(channel, kind, day)
        ours |= known([number for number in theirs if number not in ours])
        theirs |= _elsewhere(channel, kind, [number for number in ours if number not in theirs])
        found += [
            Difference(kind, number, ours.get(number), theirs.get(number))
            for number in sorted(ours.keys() | theirs.keys())
            if ours.get(number) != theirs.get(number)
        ]
    return found


def _paid(channel: str, day: date) -> dict[str, int]:
    begin, end = day_bounds(day)
    rows = select(ChannelPayment.number, ChannelPayment.paid_fen).where(
        ChannelPayment.channel == channel, ChannelPayment.paid_at >= begin, ChannelPayment.paid_at < end
    )
    return _by_number(rows)


def _all_paid(numbers: Sequence[str]) -> dict[str, int]:
    rows = select(ChannelPayment.number, ChannelPayment.paid_fen).where(
        ChannelPayment.number.in_(numbers), ChannelPayment.paid_fen.is_not(None)
    )
    return _by_number(rows)


def _refunded(channel: str, day: date) -> dict[str, int]:
    begin, end = day_bounds(day)
    rows = (
        select(ChannelRefund.number, ChannelRefund.amount_fen)
        .join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
        .where(ChannelPayment.channel == channel, ChannelRefund.state == "success")
        .where(ChannelRefund.ended_at >= begin, ChannelRefund.ended_at < end)
    )
    return _by_number(rows)


def _all_refunded(numbers: Sequence[str]) -> dict[str, int]:
    rows = select(ChannelRefund.number, ChannelRefund.amount_fen).where(
        ChannelRefund.number.in_(numbers), ChannelRefund.state == "success"
    )
    return _by_number(rows)


def _lines(channel: str, kind: str, day: date) -> dict[str, int]:
    return _of_lines(channel, kind, ChannelBillLine.day == day)


def _elsewhere(channel: str, kind: str, numbers: Sequence[str]) -> dict[str, int]:
    return _of_lines(channel, kind, ChannelBillLine.number.in_(numbers))


def _of_lines(channel: str, kind: str, condition: object) -> dict[str, int]:
    rows = select(ChannelBillLine.number, ChannelBillLine.amount_fen).where(
        ChannelBillLine.channel == channel,
        ChannelBillLine.kind == kind,
        condition,  # type: ignore[arg-type] # A condition on the lines.
    )
    return _by_number(rows)


def _by_number(rows: Select[str, int | None]) -> dict[str, int]:
    return {row[0]: row[1] or 0 for row in db.session.execute(rows)}


def stored_days(*, before: tuple[date, str] | None = None, most: int = 400) -> Sequence[ChannelBill]:
    """Return the days that are stored, the latest first, which come after this day and channel."""
    order = ChannelBill.day.desc(), ChannelBill.channel.desc()
    days = select(ChannelBill).order_by(*order).limit(most)
    if before is not None:
        days = days.where(tuple_(ChannelBill.day, ChannelBill.channel) < before)
    return db.session.scalars(days).all()


def get_bill(*, channel: str, day: date) -> ChannelBill:
    """Return a stored day of a channel's book; raise NotFound."""
    bill = db.session.get(ChannelBill, (channel, day))
    if bill is None:
        raise NotFound("no_bill", "No bill of this channel was fetched for this day.", param="day")
    return bill


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
