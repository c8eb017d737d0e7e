"""What is there of a round's goods, and what is wanted."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func, select

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.orders.bulk import is_live, live_lines
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.shortening import is_freed, is_of_substitutes, is_used_up
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL
from groupbuy.warehouse.models import GoodsReceiptLine, StockMovement
from groupbuy.warehouse.rules import Basket
from groupbuy.warehouse.shortage_models import AllocatedOffer

# The cause of what goes into stock when a round is called off.
CALLED_OFF_LINE = "called_off_line"


@dataclass(frozen=True, slots=True)
class Supply:
    """What is there of an offer of a round, and what is wanted of it, in sale units.

    ``ordered`` is what residents wanted at the close, ``wanted`` what the orders hold now; ``handed_out``
    is what of that has been fetched already, ``substitutes`` what of it was taken from stock in the place
    of other goods; ``used_up`` was paid back and is gone all the same. Of several suppliers it is the sum:
    ``final`` says that nothing more will come from anybody, ``purchase_order`` is the first on which
    something may come, else the first.
    """

    offer_id: int
    product_code: str
    name: str
    purchase_order: str
    final: bool
    ordered: int
    from_stock: int
    purchased: int
    delivered: int
    rejected: int
    wanted: int
    handed_out: int
    lost: int
    substitutes: int = 0
    used_up: int = 0

    @property
    def accepted(self) -> int:
        """Return what came and stayed."""
        return self.delivered - self.rejected

    @property
    def there(self) -> int:
        """Return what can be handed out in all."""
        return self.from_stock + self.accepted + self.substitutes

    @property
    def to_share(self) -> int:
        """Return what is there for those who have not fetched theirs."""
        return max(self.there - self.handed_out - self.used_up, 0)

    @property
    def short(self) -> int:
        """Return how many units somebody has to go without."""
        return max(self.wanted - self.handed_out - self.to_share, 0)


def supplies_of(round_id: int, offer_ids: Collection[int] | None = None) -> Sequence[Supply]:
    """Return the offers of a closed round that were ordered, or some of them, by product code."""
    units, substitutes, gone = _units(round_id), substitutes_of(round_id), used_up_units(round_id)
    return [
        _supply(rows, *units.get(offer_id, (0, 0)), substitutes.get(offer_id, 0), gone.get(offer_id, 0))
        for offer_id, rows in _by_offer(round_id)
        if offer_ids is None or offer_id in offer_ids
    ]


def _supply(rows: Sequence[Row[Any]], wanted: int, handed_out: int, substitutes: int, used_up: int) -> Supply:
    coming = [row for row in rows if row.state not in FINAL]
    first = (coming or rows)[0]
    return Supply(
        offer_id=first.offer_id,
        product_code=first.code,
        name=first.name,
        purchase_order=first.number,
        final=not coming,
        ordered=sum(row.ordered for row in rows),
        from_stock=sum(row.from_stock for row in rows),
        purchased=sum(row.purchased for row in rows),
        delivered=sum(row.delivered for row in rows),
        rejected=sum(row.rejected for row in rows),
        wanted=wanted,
        handed_out=handed_out,
        lost=first.lost,
        substitutes=substitutes,
        used_up=used_up,
    )


def _by_offer(round_id: int) -> Iterator[tuple[int, Sequence[Row[Any]]]]:
    """Yield the offers of a round by product code, each with its lines on all purchase orders."""
    for offer_id, rows in groupby(db.session.execute(_lines(round_id)), key=lambda row: row.offer_id):
        yield offer_id, list(rows)


def maybe_short(round_id: int) -> list[int]:
    """Return the ids of offers of which less is there than was ordered and that nobody has dealt with.

    It looks at no order: whoever goes on must lock those first and then ask ``supplies_of``.
    """
    return [
        offer_id
        for offer_id, rows in _by_offer(round_id)
        if sum(row.ordered - _there(row) for row in rows) > 0 and not rows[0].lost
    ]


def _there(row: Row[Any]) -> int:
    there: int = row.from_stock + row.delivered - row.rejected
    return there


def _units(round_id: int) -> dict[int, tuple[int, int]]:
    """Return by offer what the orders hold now, and what of it has been fetched."""
    fetched = case((Order.state != OrderState.CONFIRMED, OrderLine.quantity), else_=0)
    lines = live_lines(round_id).add_columns(OrderLine.offer_id, total(OrderLine.quantity), total(fetched))
    rows = db.session.execute(lines.group_by(OrderLine.offer_id))
    return {offer_id: (wanted, gone) for offer_id, wanted, gone in rows}


def substitutes_of(round_id: int) -> Mapping[int, int]:
    """Return by offer of a round how many of its units came in the place of other goods, and still do."""
    gained = (
        select(OrderLine.offer_id, -total(LineChange.units))
        .select_from(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.round_id == round_id, is_of_substitutes())
    )
    return by_key(gained.group_by(OrderLine.offer_id))


def _came() -> Subquery:
    """Return by line of a purchase order what was delivered of it and what of that went back."""
    line_id = GoodsReceiptLine.purchase_order_line_id
    delivered, rejected = total(GoodsReceiptLine.delivered), total(GoodsReceiptLine.rejected)
    came = select(line_id.label("line_id"), delivered.label("delivered"), rejected.label("rejected"))
    return came.group_by(line_id).subquery()


def _lines(round_id: int) -> Select[*tuple[Any, ...]]:
    came = _came()
    return (
        select(
            PurchaseOrderLine.offer_id,
            Product.code,
            Product.name,
            PurchaseOrder.number,
            PurchaseOrder.state,
            PurchaseOrderLine.ordered,
            PurchaseOrderLine.from_stock,
            PurchaseOrderLine.purchased,
            func.coalesce(came.c.delivered, 0).label("delivered"),
            func.coalesce(came.c.rejected, 0).label("rejected"),
            func.coalesce(AllocatedOffer.lost, 0).label("lost"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .outerjoin(came, came.c.line_id == PurchaseOrderLine.id)
        .outerjoin(AllocatedOffer, AllocatedOffer.offer_id == PurchaseOrderLine.offer_id)
        .where(PurchaseOrder.round_id == round_id)
        .order_by(Product.code, PurchaseOrderLine.offer_id, PurchaseOrderLine.id)
    )


def freed_units(round_id: int) -> Mapping[int, int]:
    """Return by offer how many units residents have given up after the close: they go into stock."""
    return _changed(round_id, is_freed())


def used_up_units(round_id: int) -> Mapping[int, int]:
    """Return by offer how many units were paid back that nobody else can have any more."""
    return _changed(round_id, is_used_up())


def _changed(round_id: int, condition: ColumnElement[bool]) -> Mapping[int, int]:
    units = (
        select(OrderLine.offer_id, total(LineChange.units))
        .select_from(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.round_id == round_id, condition)
    )
    return by_key(units.group_by(OrderLine.offer_id))


def surplus_stored(round_id: int) -> Mapping[int, int]:
    """Return by purchase line of a round how many units of it went into stock as surplus."""
    units = (
        select(StockMovement.cause_id, total(StockMovement.units))
        .join(PurchaseOrderLine, PurchaseOrderLine.id == StockMovement.cause_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(StockMovement.kind == "receipt_surplus", StockMovement.cause_kind == "purchase_order_line")
        .where(PurchaseOrder.round_id == round_id)
    )
    return by_key(units.group_by(StockMovement.cause_id))


def surplus_of_offers(round_id: int) -> Mapping[int, int]:
    """Return by offer of a round how many units of it went into stock as surplus."""
    lines = (
        select(PurchaseOrderLine.id, PurchaseOrderLine.offer_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.round_id == round_id)
    )
    stored, found = surplus_stored(round_id), dict[int, int]()
    for line_id, offer_id in db.session.execute(lines):
        found[offer_id] = found.get(offer_id, 0) + stored.get(line_id, 0)
    return found


def baskets_of(round_id: int) -> Mapping[int, Basket]:
    """Return what each resident ordered in a round, and lost of it so far, in fen."""
    kept = select(Order.resident_id, total(goods_fen())).where(Order.round_id == round_id, is_live())
    amounts = by_key(kept.group_by(Order.resident_id))
    gone = (
        select(Order.resident_id, total(LineChange.amount_fen))
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.round_id == round_id)
        .group_by(Order.resident_id)
    )
    lost = by_key(gone)
    return {
        resident_id: Basket(amounts.get(resident_id, 0) + lost.get(resident_id, 0), lost.get(resident_id, 0))
        for resident_id in amounts.keys() | lost.keys()
    }
