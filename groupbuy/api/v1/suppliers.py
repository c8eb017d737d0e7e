"""Suppliers: how they deliver, their licences, and what each has sold."""

from typing import Annotated, Any, Literal

from flask import current_app
from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.catalog import supplier_files as files
from groupbuy.catalog.models import Supplier
from groupbuy.config import Settings
from groupbuy.http.identity import Identity
from groupbuy.http.proving import require_fresh
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import parse_date
from groupbuy.purchasing import for_suppliers
from groupbuy.warehouse import receipts
from groupbuy.warehouse.rating import file_as_json
from groupbuy.warehouse.receipts import Came

Kind = Literal["business", "food", "production", "other"]


class NewLicence(Body):
    """A licence; without ``expires_on`` it has no end."""

    kind: Kind
    number: Annotated[Text, Field(min_length=1, max_length=files.MAX_NUMBER)]
    expires_on: Annotated[Text, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None


class Licence(Shape):
    """A licence that counts."""

    id: int
    kind: str
    number: str
    expires_on: str | None


class SupplierRating(Shape):
    """How a supplier has delivered on its last orders, in basis points.

    ``score_bp`` is the part of what was ordered that came, was good and came in time.
    """

    orders: int
    on_time_bp: int
    short_bp: int
    rejected_bp: int
    score_bp: int


class SupplierFile(Shape):
    """A supplier's file; ``barred``: a licence has expired, its products go into no new round."""

    code: str
    name: str
    barred: bool
    licences: list[Licence]
    rating: SupplierRating | None


class SupplierBank(Body):
    """Where a supplier is paid to."""

    holder: Annotated[Text, Field(min_length=1, max_length=files.MAX_BANK)]
    bank: Annotated[Text, Field(min_length=1, max_length=files.MAX_BANK)]
    account: Annotated[Text, Field(min_length=1, max_length=files.MAX_BANK)]


class SupplierBankShape(Shape):
    """Where a supplier is paid to, the account masked; nulls where nobody has noted it."""

    holder: str | None
    bank: str | None
    account: str | None


class SaleRow(Shape):
    """What was bought of a product on a purchase order and what came of it, in sale units and fen."""

    due_date: str
    purchase_order: str
    supplier_code: str
    product_code: str
    ordered: int
    purchased: int
    accepted: int
    rejected: int
    amount_fen: int


class SaleRows(Shape):
    """A page of sales, the newest first."""

    items: list[SaleRow]
    next_cursor: str | None


@endpoint("GET", "/suppliers/<code>/file", scope="catalog:read", answers={200: SupplierFile})
def show_supplier_file(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show how a supplier delivers, and its licences."""
    return 200, _file(files.get_supplier(code))


@endpoint(
    "POST",
    "/suppliers/<code>/licences",
    scope="catalog:write",
    body=NewLicence,
    answers={201: SupplierFile},
)
def add_licence(identity: Identity, code: str, body: NewLicence) -> tuple[int, Any]:
    """Note a licence of a supplier; of one kind the one that lasts longest counts."""
    try:
        expires_on = parse_date(body.expires_on) if body.expires_on else None
    except ValueError as error:
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param="expires_on") from error
    supplier = files.get_supplier(code)
    files.add_licence(
        supplier=supplier,
        kind=body.kind,
        number=body.number,
        expires_on=expires_on,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 201, _file(supplier)


BANK = "/suppliers/<code>/bank"


@endpoint("GET", BANK, scope="money:read", roles=STAFF, answers={200: SupplierBankShape})
def show_supplier_bank(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """Show where a supplier is paid to: holder, bank and the last digits of the account."""
    return 200, _bank(files.get_supplier(code))


@endpoint("PUT", BANK, scope="money:write", roles=STAFF, body=SupplierBank, answers={200: SupplierBankShape})
def set_supplier_bank(identity: Identity, code: str, body: SupplierBank) -> tuple[int, Any]:
    """Set where a supplier is paid to; needs a fresh token, and stands masked in the audit log."""
    now, supplier = utc_now(), files.get_supplier(code)
    require_fresh(identity, now=now)
    files.set_bank(
        supplier=supplier,
        holder=body.holder,
        bank=body.bank,
        account=body.account,
        now=now,
        actor=identity.actor.name,
    )
    return 200, _bank(supplier)


def _bank(supplier: Supplier) -> Json:
    return files.shown_bank(supplier.id) or dict.fromkeys(("holder", "bank", "account"))


def _file(supplier: Supplier) -> Json:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return file_as_json(supplier, now=utc_now(), zone=settings.timezone)


@endpoint(
    "GET",
    "/supplier-sales",
    scope="purchasing:read",
    roles=("supplier",),
    query=Page,
    answers={200: SaleRows},
)
def list_supplier_sales(identity: Identity, query: Page) -> tuple[int, Any]:
    """List what the supplier who asks has sold, the newest first."""
    before = cursors.id_after(query.cursor)
    rows = for_suppliers.sales_page(identity.supplier_ids, before=before, most=query.limit + 1)
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.line_id,))
    names = ("purchase_order", "supplier_code", "product_code", "ordered", "purchased", "amount_fen")
    came = receipts.came_of([row.line_id for row in rows])
    items = [
        {name: getattr(row, name) for name in names}
        | {"due_date": row.due_date.isoformat()}
        | {name: getattr(came.get(row.line_id, Came()), name) for name in ("accepted", "rejected")}
        for row in rows
    ]
    return 200, {"items": items, "next_cursor": cursor}
