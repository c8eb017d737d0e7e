"""Which supplier goods go back to (退供), and at what cost: one that brought them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import RuleBroken
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse.mixing import Brought, mean_cost
from groupbuy.warehouse.models import GoodsReceiptLine, StockIssue
from groupbuy.warehouse.rules import NEVER, Batch

SUPPLIER_RETURN = "supplier_return"
_Lot = tuple[date, str]


@dataclass(frozen=True, slots=True)
class _Came:
    """What a supplier brought of a lot at one cost: sale units, and fen for each."""

    supplier_id: int
    lot: _Lot
    units: int
    cost_fen: int


def suppliers_of(product: Product) -> Sequence[Supplier]:
    """Return to whom goods of a product can go back, by code: its own supplier and who else brought some."""
    ids = {product.supplier_id} | {one.supplier_id for one in _came(product.id)}
    return db.session.scalars(select(Supplier).where(Supplier.id.in_(ids)).order_by(Supplier.code)).all()


def settle(row: StockIssue, product: Product, taken: Mapping[Batch, int], supplier: Supplier | None) -> None:
    """Note on a return of what was ``taken`` by batch to whom it goes, and what a unit was paid for.

    Without ``supplier`` it is the one that brought these batches. Of a batch that came by no receipt it may
    be anybody who brought the product, or its own supplier. Call it once the level of the stock is locked.
    Raise RuleBroken ``several_suppliers``, ``not_brought``, ``more_than_brought``.
    """
    came = _came(product.id)
    row.supplier_id = _choose(_candidates(product, came, taken), supplier)
    db.session.flush()
    theirs = [one for one in came if one.supplier_id == row.supplier_id]
    if any(one.supplier_id != product.supplier_id for one in came):
        _check_left(row, theirs)
    if theirs:
        row.cost_fen = _cost(theirs, taken)


def _candidates(product: Product, came: Sequence[_Came], taken: Mapping[Batch, int]) -> set[int]:
    lots = {_lot_of(batch) for batch in taken} & {one.lot for one in came}
    if not lots:
        return {product.supplier_id} | {one.supplier_id for one in came}
    return set.intersection(*({one.supplier_id for one in came if one.lot == lot} for lot in lots))


def _choose(candidates: set[int], supplier: Supplier | None) -> int:
    if supplier is not None:
        if supplier.id not in candidates:
            raise RuleBroken("not_brought", "This supplier did not bring these goods.", param="supplier_code")
        return supplier.id
    if len(candidates) != 1:
        sentence = "Several suppliers brought these goods: choose the supplier, or return batch by batch."
        raise RuleBroken("several_suppliers", sentence, param="supplier_code")
    return candidates.pop()


def _check_left(row: StockIssue, theirs: Sequence[_Came]) -> None:
    """Refuse more than a supplier brought, less what went back, where others brought goods as well."""
    mine = (StockIssue.product_id == row.product_id, StockIssue.supplier_id == row.supplier_id)
    back = select(total(StockIssue.units)).where(*mine, StockIssue.kind == SUPPLIER_RETURN)
    left = sum(one.units for one in theirs) - db.session.scalars(back).one()
    if left < 0:
        units = max(left + row.units, 0)
        raise RuleBroken(
            "more_than_brought", f"Only {units} of this supplier can still go back.", param="units"
        )


def _cost(theirs: Sequence[_Came], taken: Mapping[Batch, int]) -> int:
    """Return what a unit was paid for in fen: that of each lot when it came last, in the mean."""
    latest = {one.lot: one.cost_fen for one in theirs}
    return mean_cost(
        [Brought(units, latest.get(_lot_of(batch), theirs[-1].cost_fen)) for batch, units in taken.items()]
    )


def _lot_of(batch: Batch) -> _Lot:
    return batch.best_before, batch.number


def _came(product_id: int) -> Sequence[_Came]:
    """Return what came of a product by supplier, lot and cost, the latest last."""
    lot: tuple[ColumnElement[Any], ...] = (
        func.coalesce(GoodsReceiptLine.best_before, NEVER),
        func.coalesce(GoodsReceiptLine.batch, ""),
    )
    units = total(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected)
    whose = (PurchaseOrder.supplier_id, PurchaseOrderLine.cost_fen)
    rows = db.session.execute(
        select(*whose, *lot, units)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .join(GoodsReceiptLine, GoodsReceiptLine.purchase_order_line_id == PurchaseOrderLine.id)
        .where(PurchaseOrderLine.product_id == product_id)
        .group_by(*whose, GoodsReceiptLine.best_before, GoodsReceiptLine.batch)
        .having(units > 0)
        .order_by(func.max(GoodsReceiptLine.id))
    )
    return [_Came(row[0], (row[2], row[3]), row[4], row[1]) for row in rows]
