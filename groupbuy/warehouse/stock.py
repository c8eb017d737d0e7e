"""The stock: every change is one conditional update of the level and one row of the ledger.

Callers that change several products pass them in the order of their ids, so that two never wait for
each other.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, insert, select, update

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.warehouse import batching
from groupbuy.warehouse.models import StockBatch, StockLevel, StockMovement
from groupbuy.warehouse.rules import MAIN, Batch, first_expired_first

Cause = tuple[str, int]
"""What caused a movement: its kind, such as ``purchase_order_line``, and its id."""

MAX_UNITS = 10**9
NO_BATCH = Batch()


def put(
    *,
    product_id: int,
    units: int,
    cost_fen: int,
    kind: str,
    cause: Cause,
    now: datetime,
    actor: str,
    batches: Mapping[Batch, int] | None = None,
) -> None:
    """Put sale units into stock at a cost per unit; one cause does so once.

    ``batches`` says of which batch in which warehouse how many are; what it leaves out has no batch and
    lies in the main one.
    """
    move_level(product_id, units)
    parts = dict(batches or {})
    if rest := units - sum(parts.values()):
        parts[NO_BATCH] = parts.get(NO_BATCH, 0) + rest
    known = batching.known(product_id, parts)
    changes = {known[batch].id: part for batch, part in parts.items()}
    note(product_id, changes, cost_fen, kind, cause, now, actor)


def take(
    *,
    product_id: int,
    units: int,
    kind: str,
    cause: Cause,
    now: datetime,
    actor: str,
    good_on: date | None = None,
    batch_id: int | None = None,
) -> None:
    """Take sale units out of all warehouses, first expired first, at the cost of the last that came in.

    With ``good_on`` nothing that has expired by then, with ``batch_id`` only that batch. Raise RuleBroken
    ``out_of_stock`` when there are fewer.
    """
    move_level(product_id, -units)
    there = batching.there(product_id, good_on=good_on, batch_id=batch_id)
    taken = first_expired_first({batch: row.units for batch, row in there.items()}, units)
    if sum(taken.values()) < units:
        raise RuleBroken("out_of_stock", "There is not so much in stock.")
    changes = {there[batch].id: -part for batch, part in taken.items()}
    note(product_id, changes, last_cost(product_id), kind, cause, now, actor)


def count(
    *,
    product: Product,
    counted: int,
    seen: int,
    now: datetime,
    actor: str,
    batch_id: int | None = None,
    warehouse_id: int = MAIN,
) -> int:
    """Bring a batch to what was counted (盘点); return the difference, booked as a movement.

    Without ``batch_id`` it is what has no batch in ``warehouse_id``. ``seen`` is what there was when it
    was counted: raise RuleBroken ``stock_changed`` when that has moved since, so that a count sent twice
    or a sale meanwhile spoils nothing. Raise NotFound, BadInput ``out_of_range``.
    """
    if not 0 <= counted <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_UNITS}.", param="counted")
    if counted == seen:
        return 0
    batch = _counted_batch(product.id, counted - seen, batch_id, Batch(warehouse_id=warehouse_id))
    if batch.units != seen:
        raise RuleBroken("stock_changed", "The stock has changed since it was counted; look again.")
    changes = {batch.id: counted - seen}
    note(product.id, changes, last_cost(product.id), "stock_take", None, now, actor)
    _log_count(product, batch, (seen, counted), now, actor)
    return counted - seen


def _log_count(
    product: Product, batch: StockBatch, units: tuple[int, int], now: datetime, actor: str
) -> None:
    named = {"warehouse": batch.warehouse.code} | ({"batch": batch.number} if batch.number else {})
    before, after = (named | {"units": one} for one in units)
    audit.record(
        at=now,
        actor=actor,
        verb="stock_counted",
        subject_kind="product",
        subject=product.code,
        before=before,
        after=after,
    )


def _counted_batch(product_id: int, difference: int, batch_id: int | None, none: Batch) -> StockBatch:
    """Move the level, which lets nobody else near the batch, and return the batch as it is now."""
    try:
        move_level(product_id, difference)
    except RuleBroken as error:
        raise RuleBroken(
            "stock_changed", "The stock has changed since it was counted; look again."
        ) from error
    if batch_id is None:
        return batching.known(product_id, [none])[none]
    return batching.of_product(product_id, batch_id)


def move_level(product_id: int, units: int) -> None:
    """Change a level, never below nothing; whoever changes a batch does this first, even by nothing.

    Raise RuleBroken ``out_of_stock``.
    """
    if units > 0:
        statement = insert_into(StockLevel).values(product_id=product_id, units=units)
        more = {"units": StockLevel.units + units}
        db.session.execute(statement.on_conflict_do_update(index_elements=["product_id"], set_=more))
        return
    left = db.session.execute(
        update(StockLevel)
        .where(StockLevel.product_id == product_id, StockLevel.units >= -units)
        .values(units=StockLevel.units + units)
        .returning(StockLevel.units)
        .execution_options(synchronize_session=False)
    ).scalar()
    if left is None:
        raise RuleBroken("out_of_stock", "There is not so much in stock.")


def note(
    product_id: int,
    changes: Mapping[int, int],
    cost_fen: int,
    kind: str,
    cause: Cause | None,
    now: datetime,
    actor: str,
) -> None:
    """Write a movement down: what it changed by the ids of batches, and in all."""
    cause_kind, cause_id = cause or (None, None)
    row = {"product_id": product_id, "units": sum(changes.values()), "cost_fen": cost_fen, "kind": kind}
    origin = {"cause_kind": cause_kind, "cause_id": cause_id, "at": now, "actor": actor}
    noted = insert(StockMovement).values(row | origin).returning(StockMovement.id)
    batching.change(db.session.scalars(noted).one(), changes)


def last_cost(product_id: int) -> int:
    """Return in fen per unit what the last units that came in have cost, else what the product costs."""
    came = (
        select(StockMovement.cost_fen)
        .where(StockMovement.product_id == product_id, StockMovement.units > 0)
        .order_by(StockMovement.id.desc())
        .limit(1)
    )
    cost = db.session.scalar(came)
    return cost if cost is not None else db.session.get_one(Product, product_id).cost_fen


def units_in(warehouse_id: int) -> ScalarSelect[int]:
    """Return what lies of a product in one warehouse, for a statement that selects products."""
    lying = select(func.coalesce(total(StockBatch.units), 0)).where(
        StockBatch.product_id == Product.id, StockBatch.warehouse_id == warehouse_id
    )
    return lying.correlate(Product).scalar_subquery()


def free_stock(
    product_ids: Select[*tuple[Any, ...]], *, good_on: date, lock: bool = False
) -> Mapping[int, int]:
    """Return the units in stock of those products that keep and are still good on a day.

    With ``lock`` nobody else can take them.
    """
    levels = (
        select(StockLevel.product_id)
        .join(Product, Product.id == StockLevel.product_id)
        .where(Product.keeps, StockLevel.units > 0, StockLevel.product_id.in_(product_ids))
        .order_by(StockLevel.product_id)
    )
    if lock:
        # A batch changes only after its level: who holds the levels holds the batches.
        db.session.execute(levels.with_for_update(of=StockLevel))
    usable = select(StockBatch.product_id, total(StockBatch.units)).where(
        StockBatch.product_id.in_(levels.order_by(None)),
        batching.is_there(),
        StockBatch.best_before >= good_on,
    )
    return by_key(usable.group_by(StockBatch.product_id))
