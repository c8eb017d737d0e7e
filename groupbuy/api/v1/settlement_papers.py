"""A supplier's statement with everything on it, and the invoices of a purchase order, in fen."""

from typing import Any, Literal

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.settlements import SettlementShape
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.purchasing import queries as purchasing
from groupbuy.settlements import invoices, queries
from groupbuy.settlements.models import SupplierInvoice


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


class SupplierInvoiceLineShape(Shape):
    """What an invoice asks for a product: sale units and fen for all of them."""

    product_code: str
    units: int
    amount_fen: int


class SupplierInvoiceShape(Shape):
    """A supplier's invoice; the tax is part of the amount."""

    invoice: int
    number: str
    dated: str
    state: Literal["entered", "cancelled"]
    amount_fen: int
    tax_fen: int
    lines: list[SupplierInvoiceLineShape]


class SupplierInvoicesShape(Shape):
    """The invoices of one purchase order, the first entered first."""

    invoices: list[SupplierInvoiceShape]


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
    "GET",
    "/purchase-orders/<number>/invoices",
    scope="money:read",
    roles=STAFF,
    answers={200: SupplierInvoicesShape},
)
def list_supplier_invoices(identity: Identity, number: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the invoices of a purchase order, those taken back too."""
    order = purchasing.purchase_order_of_number(number)
    return 200, {"invoices": [_invoice(one) for one in invoices.invoices_of(order.id)]}


@endpoint(
    "POST",
    "/supplier-invoices/<int:invoice>/cancellation",
    scope="money:write",
    roles=STAFF,
    answers={200: SupplierInvoiceShape},
)
def cancel_supplier_invoice(identity: Identity, invoice: int) -> tuple[int, Any]:
    """Take an invoice back; its differences are reckoned anew. Again changes nothing."""
    return 200, _invoice(invoices.cancel(invoice_id=invoice, now=utc_now(), actor=identity.actor.name))


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


def _invoice(one: SupplierInvoice) -> Json:
    return {
        "invoice": one.id,
        "number": one.number,
        "dated": one.dated.isoformat(),
        "state": one.state,
        "amount_fen": one.amount_fen,
        "tax_fen": one.tax_fen,
        "lines": [
            {"product_code": line.line.product.code, "units": line.units, "amount_fen": line.amount_fen}
            for line in one.lines
        ],
    }
