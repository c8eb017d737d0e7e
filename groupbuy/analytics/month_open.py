"""What of a month of the books has not ended: whoever closes the month looks at it first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, union_all

from groupbuy.commissions import debts
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import IN_FLIGHT
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import rules
from groupbuy.finance.models import BankLine, Posting
from groupbuy.payments import channel_refunds, handing_over, reconciling
from groupbuy.payments.bill_differences import Day, differences_of
from groupbuy.payments.models import GIVEN_BACK, CashHandover, ChannelPayment, ChannelRefund, RefundRequest
from groupbuy.settlements import claims

# What is counted and summed up by one statement, in this order.
COUNTED = (
    "bank_line",
    "held_payment",
    "refund",
    "refund_request",
    "withdrawal",
    "debt_write_off",
    "cash_handover",
)
# More lines of suppliers' invoices wait in no month.
MOST_INVOICED = 10_000


@dataclass(frozen=True, slots=True)
class Open:
    """Something that has not ended: its kind, how many there are, and fen where they have amounts.

    ``days`` of channels' bills are (channel, day).
    """

    kind: str
    count: int
    amount_fen: int | None
    days: tuple[Day, ...] = ()


def open_of(month: str, now: datetime) -> list[Open]:
    """Return what came about until the end of a month and is open, of channels' bills the month's days.

    A fixed number of statements, however much is open. Raise BadInput ``bad_period``.
    """
    _begin, end = rules.period_bounds(month)
    first, last = rules.period_days(month)
    found = (*_bills(first, last, now), *_counted(last, end), _invoices(end), _cash(month))
    return [one for one in found if one.count]


def _bills(first: date, last: date, now: datetime) -> Iterator[Open]:
    missing = reconciling.unfetched_days(first=first, last=last, now=now)
    yield Open("bill_missing", len(missing), None, tuple(missing))
    differing = differences_of(reconciling.fetched_days(first=first, last=last))
    days = tuple(sorted((day for day, found in differing.items() if found), key=lambda one: one[1]))
    # What one side dates a day later stands on both days.
    once = {(channel, one.kind, one.number): one for channel, day in days for one in differing[channel, day]}
    yield Open("bill_difference", len(once), sum(abs(one.amount_fen) for one in once.values()), days)


def _counted(last: date, end: datetime) -> Iterator[Open]:
    given_back = or_(ChannelPayment.outcome.is_(None), ChannelPayment.outcome != GIVEN_BACK)
    held = (ChannelPayment.state == "held", given_back, ChannelPayment.paid_at < end)
    back = (ChannelRefund.state.in_(channel_refunds.UNENDED), ChannelRefund.asked_at < end)
    asked = (RefundRequest.state == "asked", RefundRequest.asked_at < end)
    out = (Withdrawal.state.in_(IN_FLIGHT), Withdrawal.asked_at < end)
    off = (DebtSettlement.state == debts.ASKED, DebtSettlement.asked_at < end)
    noted = (CashHandover.state == handing_over.HANDED, CashHandover.handed_at < end)
    parts = (
        _sum("bank_line", func.abs(BankLine.amount_fen), BankLine.state == "open", BankLine.day <= last),
        _sum("held_payment", ChannelPayment.paid_fen, *held),
        _sum("refund", ChannelRefund.amount_fen, *back),
        _sum("refund_request", RefundRequest.amount_fen, *asked),
        _sum("withdrawal", Withdrawal.amount_fen, *out),
        _sum("debt_write_off", DebtSettlement.amount_fen, *off),
        _sum("cash_handover", CashHandover.amount_fen, *noted),
    )
    rows = {kind: (count, fen) for kind, count, fen in db.session.execute(union_all(*parts))}
    for kind in COUNTED:
        yield Open(kind, *rows[kind])


def _sum(kind: str, column: Any, *conditions: Any) -> Select[*tuple[Any, ...]]:
    return select(literal(kind), func.count(), total(column)).where(*conditions)


def _invoices(end: datetime) -> Open:
    waiting = [one for one in claims.waiting(most=MOST_INVOICED) if one.ordered_at.astimezone(UTC) < end]
    return Open("invoice_difference", len(waiting), sum(abs(one.match.difference_fen) for one in waiting))


def _cash(month: str) -> Open:
    """Return how many leaders hold cash that came in until the month's end, and how much."""
    came = (Posting.debit_account.like("cash:leader:%"), Posting.period <= month)
    moved = union_all(
        select(Posting.debit_account.label("account"), Posting.amount_fen.label("fen")).where(*came),
        select(Posting.credit_account, -Posting.amount_fen).where(
            Posting.credit_account.like("cash:leader:%")
        ),
    ).subquery()
    left = total(moved.c.fen)
    each = select(left.label("fen")).group_by(moved.c.account).having(left > 0).subquery()
    count, fen = db.session.execute(select(func.count(), total(each.c.fen))).one()
    return Open("cash", count, fen)


def counts(found: Sequence[Open]) -> dict[str, int]:
    """Return how many of each kind are open, as the audit log keeps it."""
    return {one.kind: one.count for one in found}
