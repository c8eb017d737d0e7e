"""What suppliers are owed: their statements with everything on them, and payments, in fen."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.api.v1.warehouse import Day
from groupbuy.db import db
from groupbuy.finance import queries as ledger
from groupbuy.finance.rules import supplier as account_of
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso
from groupbuy.settlements import making, paying, queries, rules
from groupbuy.settlements.models import SupplierSettlement

Words = Annotated[Text, Field(max_length=paying.MAX_WORDS)]


class SettlementShape(Shape):
    """A statement up to and including ``last_day``; ``total_fen`` is purchases and everything else on it."""

    number: str
    supplier_code: str
    last_day: str
    state: Literal["made", "approved", "cancelled"]
    bought_fen: int
    adjusted_fen: int
    total_fen: int
    paid_fen: int
    due_date: str
    answer: str | None


class SettlementItemShape(Shape):
    """What stands on a statement: a goods receipt, a claim, deduction, rebate or price difference."""

    at: str
    kind: str
    paper: str
    purchase_order: str | None
    amount_fen: int


class SettledReceiptShape(Shape):
    """A product of a receipt on a statement; what was accepted is owed at the agreed cost."""

    receipt: str
    product_code: str
    delivered: int
    rejected: int
    accepted: int
    cost_fen: int
    amount_fen: int


class NotedPaymentShape(Shape):
    """Money paid on a statement."""

    at: str
    amount_fen: int
    proof: str


class WholeSettlementShape(SettlementShape):
    """A statement with everything on it; the items add up to its total, the received to its purchases."""

    items: list[SettlementItemShape]
    received: list[SettledReceiptShape]
    payments: list[NotedPaymentShape]


class OwedShape(Shape):
    """What a supplier is owed in all, what of it is on no statement, and its statements, the latest first."""

    owed_fen: int
    open_fen: int
    settlements: list[SettlementShape]
    next_cursor: str | None


class SettlementsQuery(Page):
    """Statements in one state, of one supplier, paid or not; ``since`` and ``until`` bound their last day."""

    state: Literal["made", "approved", "cancelled"] | None = None
    supplier: Annotated[Text, Field(max_length=64)] | None = None
    paid: Literal["unpaid", "part", "paid"] | None = None
    since: Day | None = None
    until: Day | None = None


class SettlementsShape(Shape):
    """A page of statements of all suppliers, the latest first."""

    items: list[SettlementShape]
    next_cursor: str | None


class NewSettlement(Body):
    """The last day of a statement."""

    day: Day


class SettlementDecision(Body):
    """Approve a statement or take it back."""

    deed: Literal["approve", "cancel"]


class SettlementPayment(Body):
    """Money paid on a statement, with its reference; the same ``submission_key`` is the same payment."""

    amount_fen: Fen
    proof: Words
    submission_key: Key | None = None


@endpoint(
    "GET",
    "/suppliers/<code>/settlements",
    scope="money:read",
    roles=STAFF,
    query=Page,
    answers={200: OwedShape},
)
def show_supplier_settlements(identity: Identity, code: str, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what a supplier is owed, and its statements, the newest first."""
    supplier = queries.get_supplier(code)
    before = cursors.id_after(query.cursor)
    found = queries.settlements_of([supplier.id], before=before, most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {
        "owed_fen": ledger.balance(account_of(supplier.id)),
        "open_fen": queries.open_fen(supplier.id, utc_now()),
        "settlements": [queries.as_json(row) for row in rows],
        "next_cursor": cursor,
    }


@endpoint(
    "GET",
    "/settlements",
    scope="money:read",
    roles=STAFF,
    query=SettlementsQuery,
    answers={200: SettlementsShape},
)
def list_settlements(identity: Identity, query: SettlementsQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List statements of all suppliers, the latest first."""
    statement = queries.selected(
        state=query.state,
        supplier_id=queries.get_supplier(query.supplier).id if query.supplier else None,
        paid=query.paid,
        since=day_of(query.since, "since") if query.since else None,
        until=day_of(query.until, "until") if query.until else None,
    )
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(SupplierSettlement.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [queries.as_json(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/suppliers/<code>/settlements",
    scope="money:write",
    roles=STAFF,
    body=NewSettlement,
    answers={201: SettlementShape},
)
def make_settlement(identity: Identity, code: str, body: NewSettlement) -> tuple[int, Any]:
    """Make a statement of everything booked up to and including a day that is on no other one."""
    until = rules.start_of(day_of(body.day, "day") + timedelta(days=1))
    row = making.make(
        supplier=queries.get_supplier(code), until=until, now=utc_now(), actor=identity.actor.name
    )
    return 201, queries.as_json(row)


@endpoint(
    "GET", "/settlements/<number>", scope="money:read", roles=STAFF, answers={200: WholeSettlementShape}
)
def show_settlement(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show a statement with what is on it, what came line by line and what was paid."""
    row = queries.get_settlement(number)
    return 200, queries.as_json(row) | {
        "items": [_item(one) for one in queries.items_of(row)],
        "received": [_received(one) for one in queries.received_on(row)],
        "payments": [
            {"at": iso(one.at), "amount_fen": one.amount_fen, "proof": one.proof}
            for one in queries.payments_of(row)
        ],
    }


@endpoint(
    "POST",
    "/settlements/<number>/decide",
    scope="money:write",
    roles=STAFF,
    body=SettlementDecision,
    answers={200: SettlementShape},
)
def decide_settlement(identity: Identity, number: str, body: SettlementDecision) -> tuple[int, Any]:
    """Approve a statement for payment, or take it back: then its postings go onto the next one."""
    deed = paying.approve if body.deed == "approve" else making.cancel
    return 200, queries.as_json(deed(number=number, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "POST",
    "/settlements/<number>/payments",
    scope="money:write",
    roles=STAFF,
    body=SettlementPayment,
    answers={201: SettlementShape},
)
def pay_settlement(identity: Identity, number: str, body: SettlementPayment) -> tuple[int, Any]:
    """Note money paid on an approved statement, in part or whole, never more than is due."""
    paying.pay(number=number, **body.model_dump(), now=utc_now(), actor=identity.actor.name)
    return 201, queries.as_json(queries.get_settlement(number))


def day_of(text: str, name: str) -> date:
    """Return the day of a text; raise BadInput with the name of the field."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_format", "There is no such day.", param=name) from error


def _item(one: queries.Item) -> Json:
    return {
        "at": iso(one.at),
        "kind": one.kind,
        "paper": one.paper,
        "purchase_order": one.order,
        "amount_fen": one.amount_fen,
    }


def _received(one: queries.ReceivedItem) -> Json:
    names = ("receipt", "product_code", "delivered", "rejected", "accepted", "cost_fen", "amount_fen")
    return {name: getattr(one, name) for name in names}
