"""Where days of a channel's own book and ours differ, and what of that finance has settled."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, literal, select, union

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance.rules import BOOKS
from groupbuy.payments.models import BillSettlement, ChannelBillLine, ChannelPayment, ChannelRefund

Day = tuple[str, date]
KINDS = ("pay", "refund")
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A payment or refund on which the two books do not agree; None is not there at all. In fen.

    Ours is the payment or refund with what finance has booked since to settle a difference.
    """

    kind: str
    number: str
    ours_fen: int | None
    theirs_fen: int | None

    @property
    def amount_fen(self) -> int:
        """Return what the channel's bill has above our books; may be below zero."""
        return (self.theirs_fen or 0) - (self.ours_fen or 0)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open span of a day of the books."""
    begin = datetime.combine(day, time(), BOOKS)
    return begin, begin + timedelta(days=1)


def differences(*, channel: str, day: date) -> Sequence[Difference]:
    """Return where a stored day of a channel's book and ours differ, by kind and number.

    What one side dates a day earlier or later is no difference once that day is stored as well, nor is
    what somebody has explained.
    """
    return differences_of([(channel, day)])[channel, day]


def differences_of(days: Collection[Day]) -> Mapping[Day, Sequence[Difference]]:
    """Return where each of these days differs, in a few queries however many they are."""
    found: dict[Day, list[Difference]] = {one: [] for one in days}
    for channel in sorted({channel for channel, _ in days}):
        mine = [day for name, day in days if name == channel]
        explained = _explained(channel)
        for kind in KINDS:
            for one, on in _differing(channel, kind, min(mine), max(mine)):
                if (one.kind, one.number, one.ours_fen, one.theirs_fen) in explained:
                    continue
                for day in on:
                    found.get((channel, day), []).append(one)
    return found


def _differing(channel: str, kind: str, first: date, last: date) -> Iterator[tuple[Difference, set[date]]]:
    """Yield what differs of what one of the books dates in these days, with the days it is dated."""
    for number, ours, at, booked, theirs, day in db.session.execute(_compared(channel, kind, first, last)):
        mine = None if ours is None and booked is None else (ours or 0) + (booked or 0)
        dated = {day, None if at is None else at.astimezone(BOOKS).date()} - {None}
        yield Difference(kind, number, mine, theirs), dated


def _compared(channel: str, kind: str, first: date, last: date) -> Rows:
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    ours = (_paid() if kind == "pay" else _refunded()).subquery()
    line, booked = ChannelBillLine, _booked(channel, kind).subquery()
    theirs = and_(line.channel == channel, line.kind == kind)
    dated = ours.c.channel == channel, ours.c.at >= begin, ours.c.at < end
    numbers = union(
        select(ours.c.number).where(*dated), select(line.number).where(theirs, line.day.between(first, last))
    ).subquery()
    number = numbers.c.number
    return (
        select(number, ours.c.fen, ours.c.at, booked.c.fen, line.amount_fen, line.day)
        .select_from(numbers)
        .outerjoin(ours, ours.c.number == number)
        .outerjoin(line, and_(theirs, line.number == number))
        .outerjoin(booked, booked.c.number == number)
        .where(
            func.coalesce(ours.c.fen, 0) + func.coalesce(booked.c.fen, 0) != func.coalesce(line.amount_fen, 0)
        )
        .order_by(number)
    )


def _paid() -> Rows:
    columns = (ChannelPayment.paid_fen.label("fen"), ChannelPayment.paid_at.label("at"))
    paid = ChannelPayment.paid_fen.is_not(None)
    return select(ChannelPayment.number, ChannelPayment.channel, *columns).where(paid)


def _refunded() -> Rows:
    columns = (ChannelRefund.amount_fen.label("fen"), ChannelRefund.ended_at.label("at"))
    back = select(ChannelRefund.number, ChannelPayment.channel, *columns)
    joined = back.join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
    return joined.where(ChannelRefund.state == "success")


def _booked(channel: str, kind: str) -> Rows:
    mine = (BillSettlement.channel == channel, BillSettlement.kind == kind, *is_booked())
    return (
        select(BillSettlement.number, total(BillSettlement.amount_fen).label("fen"))
        .where(*mine)
        .group_by(BillSettlement.number)
    )


def is_booked() -> tuple[Any, Any]:
    """Return the conditions of a settlement that has moved money."""
    return BillSettlement.deed == literal("book"), BillSettlement.state == literal("done")


def _explained(channel: str) -> set[tuple[str, str, int | None, int | None]]:
    mine = (BillSettlement.channel == channel, BillSettlement.deed == "explain")
    columns = (
        BillSettlement.kind,
        BillSettlement.number,
        BillSettlement.ours_fen,
        BillSettlement.theirs_fen,
    )
    rows = db.session.execute(select(*columns).where(*mine, BillSettlement.state == "done"))
    return {(kind, number, ours, theirs) for kind, number, ours, theirs in rows}


def find_difference(*, channel: str, day: date, kind: str, number: str) -> Difference | None:
    """Return what of a stored day still differs on one number, None where nothing does."""
    found = differences(channel=channel, day=day)
    return next((one for one in found if (one.kind, one.number) == (kind, number)), None)


def settlements_of(*, channel: str, day: date) -> Sequence[BillSettlement]:
    """Return what was done about a day's differences, or waits for a second person, in order."""
    mine = (BillSettlement.channel == channel, BillSettlement.day == day)
    return db.session.scalars(select(BillSettlement).where(*mine).order_by(BillSettlement.id)).all()
