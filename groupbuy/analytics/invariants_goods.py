"""What came is what was handed to orders, put into stock or sent back."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from groupbuy.aftersales.models import AfterSaleLine, Replacement
from groupbuy.analytics.invariants_base import Check, Equal, Never, Rows
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision
from groupbuy.orders.models import LineChange, OrderLine
from groupbuy.orders.shortening import is_freed, is_missed, is_shared_out
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL
from groupbuy.warehouse.models import (
    BatchMovement,
    GoodsReceiptLine,
    StockBatch,
    StockLevel,
    StockMovement,
    StockTransfer,
    StockTransferLine,
)
from groupbuy.warehouse.rules import IN_TRANSIT
from groupbuy.warehouse.shortage_models import AllocatedOffer
from groupbuy.warehouse.supply import CALLED_OFF_LINE
from groupbuy.warehouse.transferring import SENT

_came = (
    select(
        GoodsReceiptLine.purchase_order_line_id.label("line_id"),
        total(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected).label("accepted"),
    )
    .group_by(GoodsReceiptLine.purchase_order_line_id)
    .subquery()
)
_stored = (
    select(StockMovement.cause_id.label("line_id"), total(StockMovement.units).label("units"))
    .where(
        StockMovement.kind == "receipt_surplus",
        StockMovement.cause_kind.in_(("purchase_order_line", CALLED_OFF_LINE)),
    )
    .group_by(StockMovement.cause_id)
    .subquery()
)
_freed = (
    select(OrderLine.offer_id, total(LineChange.units).label("units"))
    .join(OrderLine, OrderLine.id == LineChange.order_line_id)
    .where(is_freed())
    .group_by(OrderLine.offer_id)
    .subquery()
)
_never_came = (
    select(Discrepancy.offer_id, total(Discrepancy.never_came).label("units"))
    .group_by(Discrepancy.offer_id)
    .subquery()
)
_lines = (
    select(
        PurchaseOrderLine.offer_id,
        total(PurchaseOrderLine.ordered).label("ordered"),
        total(PurchaseOrderLine.from_stock + func.coalesce(_came.c.accepted, 0)).label("there"),
        total(_stored.c.units).label("stored"),
    )
    .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
    .outerjoin(_came, _came.c.line_id == PurchaseOrderLine.id)
    .outerjoin(_stored, _stored.c.line_id == PurchaseOrderLine.id)
    .group_by(PurchaseOrderLine.offer_id)
    .having(func.sum(case((PurchaseOrder.state.in_(FINAL), 0), else_=1)) == 0)
    .subquery()
)


def _settled(value: ColumnElement[Any]) -> Rows:
    """Select offers of which nothing more comes and whose shortage, if there is one, has been shared out."""
    return (
        select(_lines.c.offer_id, value)
        .outerjoin(AllocatedOffer, AllocatedOffer.offer_id == _lines.c.offer_id)
        .outerjoin(_freed, _freed.c.offer_id == _lines.c.offer_id)
        .outerjoin(_never_came, _never_came.c.offer_id == _lines.c.offer_id)
        .where(
            or_(
                _lines.c.there + func.coalesce(_never_came.c.units, 0) >= _lines.c.ordered,
                AllocatedOffer.offer_id.is_not(None),
            )
        )
    )


CHECKS: tuple[Check, ...] = (
    Equal(
        "goods",
        "what came and stayed, with what was in stock, is what orders get and what went into stock",
        ("offer",),
        _settled(_lines.c.there),
        _settled(
            _lines.c.ordered
            - func.coalesce(AllocatedOffer.lost, 0)
            - func.coalesce(_freed.c.units, 0)
            - func.coalesce(_never_came.c.units, 0)
            + _lines.c.stored
        ),
    ),
    Equal(
        "shortage",
        "what an allocation took from an offer is what its lines lost",
        ("offer",),
        select(AllocatedOffer.offer_id, AllocatedOffer.lost),
        select(OrderLine.offer_id, total(LineChange.units))
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .where(is_shared_out())
        .group_by(OrderLine.offer_id),
    ),
    Equal(
        "missing_goods",
        "what leaders did not get, and was refunded, is what their residents' lines lost",
        ("offer",),
        select(Discrepancy.offer_id, total(Discrepancy.sent - Discrepancy.got))
        .where(Discrepancy.decision == Decision.REFUND)
        .group_by(Discrepancy.offer_id),
        select(OrderLine.offer_id, total(LineChange.units))
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .where(is_missed())
        .group_by(OrderLine.offer_id),
    ),
    Equal(
        "promised_goods",
        "what was promised after the sale is with the resident, on its way, paid back or waits",
        ("case", "order line"),
        select(AfterSaleLine.case_id, AfterSaleLine.order_line_id, AfterSaleLine.units).where(
            AfterSaleLine.case_id.in_(select(Replacement.case_id))
        ),
        select(Replacement.case_id, Replacement.order_line_id, total(Replacement.units)).group_by(
            Replacement.case_id, Replacement.order_line_id
        ),
    ),
    Never(
        "replacements",
        "goods for nothing in the place of others cost nothing and earn no commission",
        ("order",),
        table_of(Replacement),
        select(OrderLine.order_id)
        .join(Replacement, Replacement.order_id == OrderLine.order_id)
        .where(Replacement.credit_fen.is_(None))
        .where(or_(OrderLine.amount_fen != 0, OrderLine.rate_bp != 0, OrderLine.fixed_fen != 0)),
    ),
    Equal(
        "stock_level",
        "a stock level is the sum of its movements",
        ("product",),
        select(StockLevel.product_id, StockLevel.units),
        select(StockMovement.product_id, total(StockMovement.units)).group_by(StockMovement.product_id),
    ),
    Equal(
        "stock_batches",
        "a stock level is the sum of its batches",
        ("product",),
        select(StockLevel.product_id, StockLevel.units),
        select(StockBatch.product_id, total(StockBatch.units)).group_by(StockBatch.product_id),
    ),
    Equal(
        "in_transit",
        "what lies between two warehouses of a product was sent and has not arrived",
        ("product",),
        select(StockBatch.product_id, total(StockBatch.units))
        .where(StockBatch.warehouse_id == IN_TRANSIT)
        .group_by(StockBatch.product_id),
        select(StockBatch.product_id, total(StockTransferLine.sent))
        .join(StockTransferLine, StockTransferLine.stock_batch_id == StockBatch.id)
        .join(StockTransfer, StockTransfer.id == StockTransferLine.stock_transfer_id)
        .where(StockTransfer.state == SENT)
        .group_by(StockBatch.product_id),
    ),
    Equal(
        "batch_movements",
        "what lies of a batch is the sum of its movements",
        ("batch",),
        select(StockBatch.id, StockBatch.units),
        select(BatchMovement.stock_batch_id, total(BatchMovement.units)).group_by(
            BatchMovement.stock_batch_id
        ),
    ),
    Equal(
        "movement_batches",
        "a movement of the stock is the sum of its batches",
        ("movement",),
        select(StockMovement.id, StockMovement.units),
        select(BatchMovement.stock_movement_id, total(BatchMovement.units)).group_by(
            BatchMovement.stock_movement_id
        ),
    ),
)
