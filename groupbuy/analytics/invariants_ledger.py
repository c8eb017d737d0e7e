"""The books agree with themselves, with the orders and with what leaders have earned."""

from typing import Any

from sqlalchemy import Select, String, case, cast, literal, or_, select

from groupbuy.analytics import (
    invariants_debts,
    invariants_extras,
    invariants_fees,
    invariants_helpers,
    invariants_suppliers,
)
from groupbuy.analytics.invariants_base import Check, Equal, Figured, Never, Reckoned
from groupbuy.commissions.models import CommissionEntry, CommissionStanding, Withdrawal
from groupbuy.commissions.rules import IN_FLIGHT
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.finance import sealing
from groupbuy.finance.models import AccountBalance, ClosedPeriod, Posting, PostingSeal
from groupbuy.finance.queries import credits_less_debits
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.payments.models import CashHandover, OrderBooks, Refund
from groupbuy.payments.paying_back import paid_back_of

Rows = Select[*tuple[Any, ...]]

_accounts = credits_less_debits().subquery()
_name, _fen = _accounts.columns
_guarded = or_(_name.like("wallet:%"), _name.like("commission:%:settled"))


def _moved(kinds: str, account: str, *more: Any) -> Rows:
    """Return by cause what kinds of causes have credited accounts like one less debited them."""
    signed = case((Posting.credit_account.like(account), Posting.amount_fen), else_=-Posting.amount_fen)
    touched = or_(Posting.credit_account.like(account), Posting.debit_account.like(account))
    rows = select(Posting.cause_id, total(signed)).where(
        Posting.cause_kind.in_(kinds.split()), touched, *more
    )
    return rows.group_by(Posting.cause_id)


def _text(column: Any) -> Any:
    return cast(column, String)


def _sum(column: Any, *conditions: Any) -> Select[int]:
    return select(total(column)).where(*conditions)


def _standing(step: str, column: Any, says: str) -> Check:
    """Return the check that a step of commission is booked as its standing says."""
    key = _text(CommissionStanding.round_id) + literal(":") + _text(CommissionStanding.leader_id)
    into = {
        "accrue": "commission:%:pending",
        "freeze": "commission:%:frozen",
        "settle": "commission:%:settled",
    }
    booked = _moved("commission", into[step], Posting.part.like(f"%:{step}"))
    check = Equal(f"ledger_{step}", f"I1: {says}", ("round and leader",), select(key, column), booked)
    return Figured(check, _sum(column))


def _minus_refunds(column: Any) -> Rows:
    """Return by order a column of the orders' books with what was paid back since."""
    paid_back = select(total(Refund.amount_fen)).where(Refund.order_id == OrderBooks.order_id)
    return select(_text(OrderBooks.order_id), column + paid_back.scalar_subquery())


_paid_back = paid_back_of()
_owed_now = case((Order.paid_fen > Order.amount_fen, Order.paid_fen - Order.amount_fen), else_=0)
_sold_now = case((Order.state == OrderState.PICKED_UP, goods_fen()), else_=0)

CHECKS: tuple[Check, ...] = (
    Figured(
        Never(
            "ledger_balances",
            "I1: every posting moves one amount from one account to another",
            ("posting",),
            table_of(Posting),
            select(Posting.id).where(
                or_(Posting.amount_fen <= 0, Posting.debit_account == Posting.credit_account)
            ),
        ),
        _sum(Posting.amount_fen),
    ),
    Figured(
        Equal(
            "ledger_running",
            "I1: a running balance is what its postings give",
            ("account",),
            select(AccountBalance.account, AccountBalance.balance_fen),
            select(_name, _fen).where(_guarded),
        ),
        _sum(AccountBalance.balance_fen),
    ),
    Figured(
        Never(
            "ledger_wallets",
            "I1: no wallet and no withdrawal under way is below zero",
            ("account",),
            table_of(AccountBalance),
            select(_name).where(or_(_name.like("wallet:%"), _name.like("withdrawal:%")), _fen < 0),
        ),
        _sum(_fen, _name.like("wallet:%")),
    ),
    Figured(
        Equal(
            "ledger_payments",
            "I1: what orders say was paid is what was booked less what was paid back",
            ("order",),
            select(_text(Order.id), Order.paid_fen + _paid_back),
            _moved("order_payment order_split", "resident:%"),
        ),
        _sum(Order.paid_fen),
    ),
    Figured(
        Equal(
            "ledger_refunds",
            "I1: every refund is booked once",
            ("refund",),
            select(_text(Refund.id), Refund.amount_fen),
            select(Posting.cause_id, total(Posting.amount_fen))
            .where(Posting.cause_kind == "refund")
            .group_by(Posting.cause_id),
        ),
        _sum(Refund.amount_fen),
    ),
    Figured(
        Equal(
            "ledger_sales",
            "I1: what orders' books say is sold is income",
            ("order",),
            select(_text(OrderBooks.order_id), OrderBooks.sold_fen),
            _moved("order_sale", "income:sales"),
        ),
        _sum(OrderBooks.sold_fen),
    ),
    Figured(
        Equal(
            "ledger_owed",
            "I1: what is owed back is what was booked as owed less what was paid back",
            ("order",),
            _minus_refunds(OrderBooks.owed_fen),
            _moved("order_owed", "owed:%"),
        ),
        _sum(OrderBooks.owed_fen),
    ),
    _standing("accrue", CommissionStanding.accrued_fen, "commission earned is booked"),
    _standing("freeze", CommissionStanding.taken_fen, "commission of goods picked up is booked"),
    _standing("settle", CommissionStanding.settled_fen, "commission past its window is booked"),
    Figured(
        Equal(
            "ledger_withdrawals",
            "I1: money on its way to leaders is their open withdrawals",
            ("account",),
            select(literal("withdrawal:leader:") + _text(Withdrawal.leader_id), total(Withdrawal.amount_fen))
            .where(Withdrawal.state.in_(IN_FLIGHT))
            .group_by(Withdrawal.leader_id),
            select(_name, _fen).where(_name.like("withdrawal:%")),
        ),
        _sum(Withdrawal.amount_fen, Withdrawal.state.in_(IN_FLIGHT)),
    ),
    Figured(
        Equal(
            "ledger_handovers",
            "I1: every confirmed hand-over of cash is booked once",
            ("hand-over",),
            select(_text(CashHandover.id), CashHandover.amount_fen).where(CashHandover.state == "confirmed"),
            select(Posting.cause_id, total(Posting.amount_fen))
            .where(Posting.cause_kind == "cash_handover")
            .group_by(Posting.cause_id),
        ),
        _sum(CashHandover.amount_fen, CashHandover.state == "confirmed"),
    ),
    *invariants_debts.CHECKS,
    *invariants_extras.CHECKS,
    *invariants_fees.CHECKS,
    *invariants_helpers.CHECKS,
    *invariants_suppliers.CHECKS,
    Figured(
        Reckoned(
            "ledger_seals",
            "I10: no sealed posting was changed, removed or added",
            sealing.find_breaks,
        ),
        _sum(PostingSeal.amount_fen),
    ),
    Figured(
        Never(
            "ledger_periods",
            "I1: nothing was booked in a month after it was closed",
            ("posting",),
            table_of(ClosedPeriod),
            select(Posting.id)
            .join(ClosedPeriod, ClosedPeriod.period == Posting.period)
            .where(Posting.at > ClosedPeriod.closed_at),
        ),
        _sum(Posting.amount_fen, Posting.period.in_(select(ClosedPeriod.period))),
    ),
)

# These hold once the scheduler has kept the books after the last change, which it does every few minutes.
AT_REST: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_commission_due",
            "I1: the commission in the books is what leaders have earned, reckoned anew",
            ("round", "leader"),
            select(CommissionStanding.round_id, CommissionStanding.leader_id, CommissionStanding.accrued_fen),
            select(
                CommissionEntry.round_id, CommissionEntry.leader_id, total(CommissionEntry.amount_fen)
            ).group_by(CommissionEntry.round_id, CommissionEntry.leader_id),
        ),
        _sum(CommissionEntry.amount_fen),
    ),
    Figured(
        Equal(
            "ledger_sales_due",
            "I1: the sales in the books are the orders handed out, reckoned anew",
            ("order",),
            select(OrderBooks.order_id, OrderBooks.sold_fen),
            select(Order.id, _sold_now).where(Order.state == OrderState.PICKED_UP),
        ),
        _sum(_sold_now),
    ),
    Figured(
        Equal(
            "ledger_owed_due",
            "I1: what the books owe residents is what they paid above their orders, reckoned anew",
            ("order",),
            select(OrderBooks.order_id, OrderBooks.owed_fen),
            select(Order.id, _owed_now).where(Order.paid_fen > Order.amount_fen),
        ),
        _sum(_owed_now),
    ),
    *invariants_extras.AT_REST,
    *invariants_fees.AT_REST,
    *invariants_suppliers.AT_REST,
)
