"""Counting the stock (盘点): the batches to count, and many counts booked at once, all or none."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.db.totals import by_key
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.sorting import natural_key
from groupbuy.warehouse import batching, stock
from groupbuy.warehouse.models import BatchMovement, StockBatch, StockMovement, Warehouse
from groupbuy.warehouse.rules import MAIN, Batch


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a batch, or of what has none in a warehouse, and what the books said then."""

    product: Product
    warehouse: Warehouse
    seen: int
    counted: int
    batch: StockBatch | None = None

    @property
    def difference(self) -> int:
        """Return what there is more than in the books, below zero for less."""
        return self.counted - self.seen


def book(*, lines: Sequence[Counted], now: datetime, actor: str) -> int:
    """Bring batches to what was counted, all or none; return how many of them differed.

    Raise what ``stock.count`` raises, with param ``lines[i].…``.
    """
    differing = [(index, line) for index, line in enumerate(lines) if line.difference]
    # Everybody locks the levels in the order of the products.
    for index, line in sorted(differing, key=lambda pair: (pair[1].product.id, pair[0])):
        try:
            stock.count(
                product=line.product,
                counted=line.counted,
                seen=line.seen,
                now=now,
                actor=actor,
                batch_id=line.batch.id if line.batch else None,
                warehouse_id=line.warehouse.id,
            )
        except GroupbuyError as error:
            error.param = f"lines[{index}].{error.param or 'counted'}"
            raise
    return len(differing)


def to_count(warehouse_id: int | None) -> Sequence[tuple[StockBatch, Product]]:
    """Return what lies in a warehouse or in all of them, warehouse by warehouse.

    In each it goes along the shelves, goods without a place behind them, by product code and batch.
    """
    lying = batching.batches().where(batching.is_there()).order_by(None)
    if warehouse_id is not None:
        lying = lying.where(StockBatch.warehouse_id == warehouse_id)
    rows = db.session.execute(lying.order_by(Product.code, StockBatch.best_before, StockBatch.number))
    return sorted(((row[0], row[1]) for row in rows), key=_way)


def _way(one: tuple[StockBatch, Product]) -> tuple[Any, ...]:
    shelf = shelf_of(*one)
    return one[0].warehouse_id, not shelf, natural_key(shelf.upper())


def shelf_of(batch: StockBatch, product: Product) -> str:
    """Return where a batch stands, empty for unknown; the shelves are those of the main warehouse."""
    return product.shelf_place or "" if batch.warehouse_id == MAIN else ""


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of some products: themselves, their batches, and what changed those last, by id."""

    products: Mapping[int, Product]
    batches: Mapping[tuple[int, Batch], StockBatch]
    moved: Mapping[int, int]


def books_of(product_ids: Collection[int]) -> Books:
    """Look up products with all their batches, those too of which nothing lies anywhere."""
    products: dict[int, Product] = {}
    batches: dict[tuple[int, Batch], StockBatch] = {}
    for some in chunks(sorted(product_ids), KEYS):
        for product in db.session.scalars(select(Product).where(Product.id.in_(some))):
            products[product.id] = product
        for batch in db.session.scalars(select(StockBatch).where(StockBatch.product_id.in_(some))):
            batches[batch.product_id, batch.key] = batch
    return Books(products, batches, _moved([batch.id for batch in batches.values()]))


def last_movement() -> int:
    """Return the id of the latest movement of the stock, 0 before there is any."""
    return db.session.scalar(select(func.max(StockMovement.id))) or 0


def _moved(batch_ids: Collection[int]) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for some in chunks(sorted(batch_ids), KEYS):
        latest = select(BatchMovement.stock_batch_id, func.max(BatchMovement.stock_movement_id))
        chosen = latest.where(BatchMovement.stock_batch_id.in_(some))
        found |= by_key(chosen.group_by(BatchMovement.stock_batch_id))
    return found
