"""The stock by batch (批次) and warehouse: what lies there of each, and how it changes.

Batches change only together with the level of their product, whose row is locked first.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, insert, select, tuple_, update

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import NotFound
from groupbuy.warehouse.models import BatchMovement, StockBatch, StockMovement
from groupbuy.warehouse.rules import IN_TRANSIT, MAIN, NEVER, Batch

# So long before its last day a batch asks for attention.
SOON = timedelta(days=7)
KEY = ("product_id", "number", "best_before", "warehouse_id")


def batch_of(number: str | None, best_before: date | None, warehouse_id: int = MAIN) -> Batch:
    """Return the batch that a receipt names."""
    return Batch(best_before or NEVER, number or "", warehouse_id)


def note(named: Iterable[tuple[int, Batch]]) -> None:
    """Make sure that batches, by product, are known; new ones have nothing in stock."""
    rows = [
        {"product_id": product_id, "units": 0} | batch._asdict() for product_id, batch in sorted(set(named))
    ]
    if rows:
        statement = insert_into(StockBatch).on_conflict_do_nothing(index_elements=KEY)
        db.session.execute(statement, rows)


def known(product_id: int, batches: Iterable[Batch]) -> Mapping[Batch, StockBatch]:
    """Return some batches of a product, made where they are new."""
    wanted = set(batches)
    note((product_id, batch) for batch in wanted)
    rows = _fresh(StockBatch.product_id == product_id)
    return {batch: row for batch, row in rows.items() if batch in wanted}


def there(
    product_id: int,
    *,
    good_on: date | None = None,
    batch_id: int | None = None,
    warehouse_id: int | None = None,
) -> Mapping[Batch, StockBatch]:
    """Return the batches of a product of which something lies in a warehouse; see ``stock.take``."""
    conditions = [StockBatch.product_id == product_id, is_there()]
    if good_on is not None:
        conditions.append(StockBatch.best_before >= good_on)
    if batch_id is not None:
        conditions.append(StockBatch.id == batch_id)
    if warehouse_id is not None:
        conditions.append(StockBatch.warehouse_id == warehouse_id)
    return _fresh(*conditions)


def is_there() -> ColumnElement[bool]:
    """Return the condition that something of a batch lies where somebody can take it."""
    return and_(StockBatch.units > 0, StockBatch.warehouse_id != IN_TRANSIT)


def of_product(product_id: int, batch_id: int) -> StockBatch:
    """Return a batch of a product in a warehouse as it is now; raise NotFound."""
    chosen = (StockBatch.product_id == product_id, StockBatch.id == batch_id)
    for row in _fresh(*chosen, StockBatch.warehouse_id != IN_TRANSIT).values():
        return row
    raise NotFound("unknown_batch", "There is no such batch.", param="batch_id")


def _fresh(*conditions: ColumnElement[bool]) -> Mapping[Batch, StockBatch]:
    rows = select(StockBatch).where(*conditions).execution_options(populate_existing=True)
    return {row.key: row for row in db.session.scalars(rows)}


def batches() -> Select[*tuple[Any, ...]]:
    """Select batches with their products, what expires first before the others."""
    return (
        select(StockBatch, Product)
        .join(Product, Product.id == StockBatch.product_id)
        .order_by(StockBatch.best_before, StockBatch.id)
    )


def expires_by(day: date) -> ColumnElement[bool]:
    """Return the condition that something lies in stock that is not good any more after a day."""
    return and_(StockBatch.units > 0, StockBatch.best_before <= day)


def page(
    *,
    product_code: str | None,
    expires: date | None,
    warehouse_id: int | None,
    after: tuple[date, int] | None,
    most: int,
) -> Sequence[tuple[StockBatch, Product]]:
    """Return the batches of which something lies in stock, what expires first before the others."""
    statement = batches().where(StockBatch.units > 0).limit(most)
    if product_code is not None:
        statement = statement.where(Product.code == product_code)
    if expires is not None:
        statement = statement.where(expires_by(expires))
    if warehouse_id is not None:
        statement = statement.where(StockBatch.warehouse_id == warehouse_id)
    if after is not None:
        statement = statement.where(tuple_(StockBatch.best_before, StockBatch.id) > after)
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def of_movement(kind: str, cause: tuple[str, int]) -> Mapping[Batch, int]:
    """Return by batch what a movement of the stock with a cause took out."""
    rows = db.session.execute(
        select(StockBatch.best_before, StockBatch.number, StockBatch.warehouse_id, -BatchMovement.units)
        .join(BatchMovement, BatchMovement.stock_batch_id == StockBatch.id)
        .join(StockMovement, StockMovement.id == BatchMovement.stock_movement_id)
        .where(StockMovement.kind == kind)
        .where(StockMovement.cause_kind == cause[0], StockMovement.cause_id == cause[1])
    )
    return {Batch(day, number, place): units for day, number, place, units in rows}


def change(movement_id: int, changes: Mapping[int, int]) -> None:
    """Change batches by their ids, for one movement of the stock."""
    for batch_id, units in sorted(changes.items()):
        db.session.execute(
            update(StockBatch)
            .where(StockBatch.id == batch_id)
            .values(units=StockBatch.units + units)
            .execution_options(synchronize_session=False)
        )
        row = {"stock_movement_id": movement_id, "stock_batch_id": batch_id, "units": units}
        db.session.execute(insert(BatchMovement).values(row))


def as_json(batch: StockBatch, product_code: str) -> dict[str, Any]:
    """Return a batch in the shape that the command line and the API hand out."""
    return {
        "batch_id": batch.id,
        "product_code": product_code,
        "warehouse": batch.warehouse.code,
        "batch": batch.number,
        "best_before": batch.good_until.isoformat() if batch.good_until else None,
        "units": batch.units,
    }
