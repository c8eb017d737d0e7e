"""What waits for finance: withdrawals, refunds that need a second person, payments that are held."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, WithdrawalShape, withdrawal_shape
from groupbuy.api.v1.paying import PaymentShape, payment_shape
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.commissions.models import Withdrawal
from groupbuy.db import Base, db
from groupbuy.flows import refunding
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.payments.models import ChannelPayment, RefundRequest
from groupbuy.payments.paying_back import MAX_REASON

Row = TypeVar("Row", bound=Base)


class WithdrawalQuery(Page):
    """Withdrawals in one state, or of one payout file, only."""

    state: Literal["asked", "checked", "approved", "sending", "rejected", "paid"] | None = None
    payout_file: Annotated[int, Field(ge=1, le=2**31)] | None = None


class ListedWithdrawalShape(WithdrawalShape):
    """A withdrawal with its leader; who gets it stands on the pages only."""

    leader: str
    method: Literal["wechat", "alipay", "bank"]
    asked_at: str


class WithdrawalsShape(Shape):
    """A page of withdrawals, the latest first."""

    items: list[ListedWithdrawalShape]
    next_cursor: str | None


class RefundRequestQuery(Page):
    """Refunds in one state only; ``asked`` ones wait for a second person."""

    state: Literal["asked", "done", "rejected"] | None = None


class ListedRefundRequestShape(Shape):
    """A refund that somebody asked for, and what became of it."""

    id: int
    order_no: str
    state: Literal["asked", "done", "rejected"]
    amount_fen: int
    target: Literal["sources", "wallet", "cash"]
    reason: str
    asked_at: str
    asked_by: str
    words: str | None


class RefundRequestsShape(Shape):
    """A page of refunds, the latest first."""

    items: list[ListedRefundRequestShape]
    next_cursor: str | None


class ChannelPaymentQuery(Page):
    """Payments in one state only; ``held`` ones came with another amount."""

    state: Literal["new", "waiting", "paid", "held", "closed"] | None = None


class ListedPaymentShape(PaymentShape):
    """A payment with its order; null is a top-up."""

    order_no: str | None
    reference: str | None


class ListedPaymentsShape(Shape):
    """A page of payments, the latest first."""

    items: list[ListedPaymentShape]
    next_cursor: str | None


class GivingHeldBack(Body):
    """Why money that is held goes back to whoever paid it."""

    reason: Annotated[Text, Field(min_length=1, max_length=MAX_REASON)]


@endpoint(
    "GET",
    "/withdrawals",
    scope="money:read",
    roles=STAFF,
    query=WithdrawalQuery,
    answers={200: WithdrawalsShape},
)
def list_withdrawals(identity: Identity, query: WithdrawalQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List withdrawals of all leaders, the latest first."""
    return 200, _withdrawals(query)


@endpoint(
    "GET",
    "/leaders/<code>/withdrawals",
    scope="money:read",
    query=WithdrawalQuery,
    answers={200: WithdrawalsShape},
)
def list_withdrawals_of(identity: Identity, code: str, query: WithdrawalQuery) -> tuple[int, Any]:
    """List a leader's withdrawals, the latest first; a leader sees its own."""
    return 200, _withdrawals(query, Withdrawal.leader_id == own_leader(identity, code).id)


@endpoint(
    "GET",
    "/refund-requests",
    scope="money:read",
    roles=STAFF,
    query=RefundRequestQuery,
    answers={200: RefundRequestsShape},
)
def list_refund_requests(identity: Identity, query: RefundRequestQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List refunds that were asked for, the latest first."""
    statement = select(RefundRequest).options(joinedload(RefundRequest.order))
    rows, cursor = _page(statement, RefundRequest, query, query.state)
    return 200, {"items": [_request(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "GET",
    "/channel-payments",
    scope="money:read",
    roles=STAFF,
    query=ChannelPaymentQuery,
    answers={200: ListedPaymentsShape},
)
def list_channel_payments(identity: Identity, query: ChannelPaymentQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List payments through channels, the latest first."""
    statement = select(ChannelPayment).options(joinedload(ChannelPayment.order))
    rows, cursor = _page(statement, ChannelPayment, query, query.state)
    return 200, {"items": [_payment(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/channel-payments/<number>/back",
    scope="money:write",
    roles=STAFF,
    body=GivingHeldBack,
    answers={200: ListedPaymentShape},
)
def give_held_back(identity: Identity, number: str, body: GivingHeldBack) -> tuple[int, Any]:
    """Send money that came with another amount back to whoever paid it; again changes nothing."""
    usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": identity.actor.name}
    return 200, _payment(refunding.give_back_held(**usual, reason=body.reason))


def _withdrawals(query: WithdrawalQuery, *conditions: ColumnElement[bool]) -> Json:
    statement = select(Withdrawal).options(joinedload(Withdrawal.leader)).where(*conditions)
    if query.payout_file is not None:
        statement = statement.where(Withdrawal.batch_id == query.payout_file)
    rows, cursor = _page(statement, Withdrawal, query, query.state)
    return {"items": [_withdrawal(row) for row in rows], "next_cursor": cursor}


def _page(statement: Select[Row], table: Any, query: Page, state: str | None) -> tuple[Any, str | None]:
    """Return a page of rows in the wanted state by id, the latest first, and the cursor of the next one."""
    if state:
        statement = statement.where(table.state == state)
    before = cursors.id_after(query.cursor)
    if before is not None:
        statement = statement.where(table.id < before)
    found = db.session.scalars(statement.order_by(table.id.desc()).limit(query.limit + 1)).all()
    return cursors.page(found, limit=query.limit, key=lambda row: (row.id,))


def _withdrawal(row: Withdrawal) -> Json:
    more = {"leader": row.leader.code, "method": row.method, "asked_at": iso(row.asked_at)}
    return withdrawal_shape(row) | more


def _request(row: RefundRequest) -> Json:
    names = ("id", "state", "amount_fen", "target", "reason", "asked_by", "words")
    found = {name: getattr(row, name) for name in names}
    return found | {"order_no": row.order.number, "asked_at": iso(row.asked_at)}


def _payment(row: ChannelPayment) -> Json:
    number = None if row.order is None else row.order.number
    return payment_shape(row) | {"order_no": number, "reference": row.reference}
