"""Purchase orders as they go to suppliers: goods and costs, nobody's personal data but the supplier's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import and_, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.kernel.sorting import natural_key
from groupbuy.purchasing.delivering import delivery_place
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine

SUPPLIERS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One product of a purchase order: whole cases, sale units and fen."""

    code: str
    name: str
    spec: str
    unit: str
    case_size: int
    cases: int
    units: int
    cost_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class PrintedOrder:
    """A purchase order with its supplier, where to deliver and the terms.

    Place and terms are those when the order was made, those of now only where nobody had set them then;
    empty where nobody has set them at all.
    Lines by product code, none of which buys nothing.
    """

    number: str
    supplier_code: str
    supplier_name: str
    contact: str
    phone: str
    min_order_fen: int
    below_minimum: bool
    due_date: date
    deliver_to: str
    terms: str
    units: int
    cost_fen: int
    lines: tuple[PrintedLine, ...]


def suppliers_with_orders(round_id: int, code: str | None = None) -> Sequence[tuple[int, str, str]]:
    """Return id, code and name of each supplier with a purchase order in a round, or of one, by code."""
    suppliers = (
        select(Supplier.id, Supplier.code, Supplier.name)
        .join(PurchaseOrder, PurchaseOrder.supplier_id == Supplier.id)
        .where(PurchaseOrder.round_id == round_id)
        .order_by(Supplier.code)
    )
    if code is not None:
        suppliers = suppliers.where(Supplier.code == code)
    return [(row.id, row.code, row.name) for row in db.session.execute(suppliers)]


def printed_orders(round_id: int, supplier_ids: Sequence[int]) -> Iterator[PrintedOrder]:
    """Yield the purchase orders of some suppliers by supplier code, two queries for each few hundred."""
    deliver_to = delivery_place()
    for start in range(0, len(supplier_ids), SUPPLIERS_AT_ONCE):
        some = supplier_ids[start : start + SUPPLIERS_AT_ONCE]
        lines = _lines_of(round_id, some)
        heads = (
            select(PurchaseOrder, Supplier)
            .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
            .where(PurchaseOrder.round_id == round_id, PurchaseOrder.supplier_id.in_(some))
            .order_by(Supplier.code)
        )
        for order, supplier in db.session.execute(heads):
            yield _printed(order, supplier, deliver_to, lines.get(order.id, ()))


def _printed(
    order: PurchaseOrder, supplier: Supplier, deliver_to: str, lines: tuple[PrintedLine, ...]
) -> PrintedOrder:
    return PrintedOrder(
        number=order.number,
        supplier_code=supplier.code,
        supplier_name=supplier.name,
        contact=supplier.contact or "",
        phone=supplier.phone or "",
        min_order_fen=supplier.min_order_fen,
        below_minimum=order.below_minimum,
        due_date=order.due_date,
        deliver_to=order.deliver_to or deliver_to,
        terms=order.terms or supplier.terms or "",
        units=order.units,
        cost_fen=order.cost_fen,
        lines=lines,
    )


def _lines_of(round_id: int, supplier_ids: Sequence[int]) -> dict[int, tuple[PrintedLine, ...]]:
    rows = db.session.execute(
        select(
            PurchaseOrderLine.purchase_order_id,
            Product.code,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            PurchaseOrderLine.case_size,
            PurchaseOrderLine.cases,
            PurchaseOrderLine.purchased,
            PurchaseOrderLine.cost_fen,
            PurchaseOrderLine.amount_fen,
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Offer, Offer.id == PurchaseOrderLine.offer_id)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .where(PurchaseOrder.round_id == round_id, PurchaseOrder.supplier_id.in_(supplier_ids))
        .where(PurchaseOrderLine.purchased > 0)
    ).all()
    ordered = sorted(rows, key=lambda row: (row[0], natural_key(row[1])))
    return {
        order_id: tuple(PrintedLine(code, name, spec or "", *rest) for _, code, name, spec, *rest in theirs)
        for order_id, theirs in groupby(ordered, key=lambda row: row[0])
    }
