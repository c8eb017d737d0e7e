"""Who really brought what was sold, and what it cost, where it was not an offer's own supplier alone."""

from typing import Any

from sqlalchemy import BigInteger, case, cast, func, select

from groupbuy.campaigns.models import Offer
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse.models import GoodsReceiptLine

_accepted = GoodsReceiptLine.delivered - GoodsReceiptLine.rejected

# Sale units that each supplier brought of an offer, and what they cost in fen.
_brought = (
    select(
        PurchaseOrderLine.offer_id,
        PurchaseOrder.supplier_id,
        Offer.supplier_id.label("own_id"),
        total(_accepted).label("units"),
        total(_accepted * PurchaseOrderLine.cost_fen).label("fen"),
    )
    .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
    .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
    .join(Offer, Offer.id == PurchaseOrderLine.offer_id)
    .group_by(PurchaseOrderLine.offer_id, PurchaseOrder.supplier_id, Offer.supplier_id)
    .having(total(_accepted) > 0)
    .cte("brought")
)

# What goods of further suppliers cost, by offer: the own supplier's cost stands in the offer itself.
mixed = (
    select(_brought.c.offer_id, total(_brought.c.fen).label("fen"), total(_brought.c.units).label("units"))
    .group_by(_brought.c.offer_id)
    .having(func.max(case((_brought.c.supplier_id != _brought.c.own_id, 1), else_=0)) == 1)
    .subquery()
)


def _running(column: Any, label: str) -> list[Any]:
    """Return what suppliers up to one brought, what those before it did, and what all did."""
    upto = func.sum(column).over(partition_by=_brought.c.offer_id, order_by=_brought.c.supplier_id)
    whole = func.sum(column).over(partition_by=_brought.c.offer_id)
    named = ((upto, "upto"), (upto - column, "before"), (whole, "whole"))
    return [cast(one, BigInteger).label(f"{label}_{name}") for one, name in named]


# Each supplier's place among those who brought an offer, by units and by worth.
places = select(
    _brought.c.offer_id,
    _brought.c.supplier_id,
    *_running(_brought.c.units, "units"),
    *_running(_brought.c.fen, "fen"),
).subquery()


def part(value: Any, by: str) -> Any:
    """Return a supplier's part of a value of its offer, by ``units`` or ``fen``; the parts add up to it.

    All of it where nobody brought anything, as when it was sold from stock.
    """
    # Goods that cost nothing are shared out by units.
    share = func.coalesce(_share(value, by), _share(value, "units"))
    return cast(case((places.c.offer_id.is_(None), value), else_=share), BigInteger)


def _share(value: Any, by: str) -> Any:
    upto, before, whole = (places.c[f"{by}_{name}"] for name in ("upto", "before", "whole"))
    return value * upto // func.nullif(whole, 0) - value * before // func.nullif(whole, 0)
