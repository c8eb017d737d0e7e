"""Leaders' money, withdrawals, refunds, and income and expense, in fen."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.analytics import money_report, report_codes
from groupbuy.analytics.money_report import Narrow
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.naming import named
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.commissions import withdrawals, withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.withdrawing import MAX_PAYEE, MAX_REASON, Payee
from groupbuy.flows import refunding
from groupbuy.http.identity import Identity
from groupbuy.http.proving import require_fresh
from groupbuy.http.reading import Body, Query, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import MAX_FEN
from groupbuy.orders.queries import get_order
from groupbuy.payments import handing_over

Fen = Annotated[int, Field(strict=True, ge=1, le=MAX_FEN)]
Word = Annotated[Text, Field(min_length=1, max_length=MAX_PAYEE)]
Key = Annotated[Text, Field(min_length=1, max_length=64)]
Month = Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
Narrowing = Annotated[Text, Field(max_length=64)]
STAFF = ("operator", "finance")


class LeaderMoneyShape(Shape):
    """What a leader's commission comes to at each stage, and residents' cash still to be handed over."""

    pending_fen: int
    frozen_fen: int
    available_fen: int
    withdrawals: int
    withdrawals_fen: int
    cash_due_fen: int


class NewWithdrawal(Body):
    """How much to pay out and where to; the same ``submission_key`` again is the same withdrawal."""

    amount_fen: Fen
    method: Literal["wechat", "alipay", "bank"]
    payee: Word
    payee_name: Word
    submission_key: Key | None = None


class WithdrawalShape(Shape):
    """A withdrawal; ``net_fen`` is what reaches the leader, ``payout_file`` the file in which it is paid."""

    number: str
    state: Literal["asked", "checked", "approved", "sending", "rejected", "paid"]
    amount_fen: int
    fee_fen: int
    tax_fen: int
    net_fen: int
    reason: str | None
    proof: str | None
    payout_file: int | None


class WithdrawalDecision(Body):
    """Approve, reject with a reason, or note as paid with a proof.

    ``confirmed`` says of a rejected one that nobody has paid it from the payout file in which it is.
    """

    deed: Literal["approve", "reject", "paid"]
    words: Annotated[Text, Field(max_length=MAX_REASON)] = ""
    confirmed: bool = False


class NewRefund(Body):
    """How much of what is owed on an order goes back, where to and why."""

    amount_fen: Fen
    target: Literal["wallet", "cash"]
    reason: Annotated[Text, Field(min_length=1, max_length=MAX_REASON)]
    submission_key: Key | None = None


class RefundShape(Shape):
    """What was asked for, and what is still owed on its order; ``asked`` waits for a second person."""

    id: int
    state: Literal["asked", "done", "rejected"]
    amount_fen: int
    target: str
    owed_fen: int


class Months(Query):
    """The first and the last month, and what narrows the report.

    ``account`` is an account or the words with which it begins, ``cause`` the kind of what was booked; a
    leader's or a supplier's code leaves the postings that name its account. ``step`` asks for days, weeks or
    months one by one too.
    """

    since: Month
    until: Month
    account: Narrowing = ""
    cause: Narrowing = ""
    leader: Narrowing = ""
    supplier: Narrowing = ""
    step: Literal["day", "week", "month"] | None = None


class MoneyStepShape(Shape):
    """Income and expense of a day, a week or a month that begins on ``first``."""

    first: str
    income_fen: int
    expense_fen: int
    profit_fen: int


class IncomeExpenseShape(Shape):
    """Income, expense and money by account; ``profit_fen`` is income less expense.

    ``steps`` are the days, weeks or months one by one where the question names a step.
    """

    income: dict[str, int]
    expense: dict[str, int]
    money: dict[str, int]
    profit_fen: int
    steps: list[MoneyStepShape]


@endpoint("GET", "/leaders/<code>/money", scope="money:read", answers={200: LeaderMoneyShape})
def show_leader_money(identity: Identity, code: str) -> tuple[int, Any]:
    """Show what a leader's commission comes to; a leader sees its own."""
    leader = own_leader(identity, code)
    money = withdrawals.money_of(leader.id)
    return 200, {
        **{name: getattr(money, name) for name in money.__slots__},
        "cash_due_fen": handing_over.cash_due(leader.id),
    }


@endpoint(
    "POST",
    "/leaders/<code>/withdrawals",
    scope="money:write",
    roles=("leader",),
    body=NewWithdrawal,
    answers={201: WithdrawalShape},
)
def ask_withdrawal(identity: Identity, code: str, body: NewWithdrawal) -> tuple[int, Any]:
    """Ask for a withdrawal of one's own settled commission; a new payout account needs a fresh token."""
    leader, now = own_leader(identity, code), utc_now()
    payee = {"method": body.method, "payee": body.payee, "payee_name": body.payee_name}
    if not withdrawals.has_paid_to(leader.id, **payee):
        require_fresh(identity, now=now)
    row = withdrawing.ask(
        leader=leader,
        amount_fen=body.amount_fen,
        payee=Payee(body.method, body.payee, body.payee_name),
        now=now,
        actor=identity.actor.name,
        submission_key=body.submission_key,
    )
    return 201, withdrawal_shape(row)


@endpoint(
    "POST",
    "/withdrawals/<number>/decide",
    scope="money:write",
    roles=STAFF,
    body=WithdrawalDecision,
    answers={200: WithdrawalShape},
)
def decide_withdrawal(identity: Identity, number: str, body: WithdrawalDecision) -> tuple[int, Any]:
    """Approve a withdrawal, reject it, or note it as paid."""
    usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": identity.actor.name}
    with named("words", "reason", "proof"):
        if body.deed == "approve":
            return 200, withdrawal_shape(withdrawing.approve(**usual))
        if body.deed == "reject":
            done = withdrawing.reject(**usual, reason=body.words, confirmed=body.confirmed)
            return 200, withdrawal_shape(done)
        return 200, withdrawal_shape(withdrawing.note_paid(**usual, proof=body.words))


@endpoint(
    "POST",
    "/orders/<order_no>/refunds",
    scope="money:write",
    roles=STAFF,
    body=NewRefund,
    answers={201: RefundShape},
)
def pay_order_back(identity: Identity, order_no: str, body: NewRefund) -> tuple[int, Any]:
    """Pay back part or all of what is owed on an order; above the limit another person decides it first."""
    order = get_order(order_no)
    request = refunding.refund(order=order, **body.model_dump(), now=utc_now(), actor=identity.actor.name)
    owed = max(order.paid_fen - order.amount_fen, 0)
    names = ("id", "state", "amount_fen", "target")
    return 201, {name: getattr(request, name) for name in names} | {"owed_fen": owed}


@endpoint(
    "GET", "/income-expense", scope="money:read", roles=STAFF, query=Months, answers={200: IncomeExpenseShape}
)
def show_income_expense(identity: Identity, query: Months) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show income and expense of some months."""
    narrow = Narrow(query.account, query.cause, query.leader, query.supplier)
    report_codes.check(narrow.codes)
    report = money_report.income_expense(query.since, query.until, narrow, query.step or "")
    return 200, {
        "income": dict(report.income),
        "expense": dict(report.expense),
        "money": dict(report.money),
        "profit_fen": report.profit_fen,
        "steps": [
            {
                "first": one.first.isoformat(),
                "income_fen": one.income_fen,
                "expense_fen": one.expense_fen,
                "profit_fen": one.profit_fen,
            }
            for one in report.steps
        ],
    }


def withdrawal_shape(row: Withdrawal) -> Json:
    """Return a withdrawal as the API shows it."""
    names = ("number", "state", "amount_fen", "fee_fen", "tax_fen", "net_fen", "reason", "proof")
    return {name: getattr(row, name) for name in names} | {"payout_file": row.batch_id}
