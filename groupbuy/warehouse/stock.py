"""The stock: every change is one conditional update of the level and one row of the ledger.

Callers that change several products pass them in the order of their ids, so that two never wait for
each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.warehouse.models import StockAlert, StockLevel, StockMovement

Cause = tuple[str, int]
"""What caused a movement: its kind, such as ``purchase_order_line``, and its id."""

MAX_UNITS = 10**9


def put(
    *, product_id: int, units: int, cost_fen: int, kind: str, cause: Cause, now: datetime, actor: str
) -> None:
    """Put sale units into stock at a cost per unit; one cause does so once."""
    row = {"product_id": product_id, "units": units}
    build = sqlite_insert if db.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = build(StockLevel).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["product_id"], set_={"units": StockLevel.units + units}
        )
    )
    _note(product_id, units, cost_fen, kind, cause, now, actor)


def take(*, product_id: int, units: int, kind: str, cause: Cause, now: datetime, actor: str) -> None:
    """Take sale units out of stock at the cost at which the last ones came in.

    Raise RuleBroken ``out_of_stock`` when there are fewer.
    """
    taken = db.session.execute(
        update(StockLevel)
        .where(StockLevel.product_id == product_id, StockLevel.units >= units)
        .values(units=StockLevel.units - units)
        .returning(StockLevel.units)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        raise RuleBroken("out_of_stock", "There is not so much in stock.")
    _note(product_id, -units, last_cost(product_id), kind, cause, now, actor)


def count(*, product: Product, counted: int, seen: int, now: datetime, actor: str) -> int:
    """Bring a level to what was counted (盘点); return the difference, booked as a movement.

    ``seen`` is the level when it was counted: raise RuleBroken ``stock_changed`` when it has moved
    since, so that a count sent twice or a sale meanwhile spoils nothing. Raise BadInput ``out_of_range``.
    """
    if not 0 <= counted <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_UNITS}.", param="counted")
    if counted == seen:
        return 0
    if not _replace(product.id, seen, counted):
        raise RuleBroken("stock_changed", "The stock has changed since it was counted; look again.")
    _note(product.id, counted - seen, last_cost(product.id), "stock_take", None, now, actor)
    audit.record(
        at=now,
        actor=actor,
        verb="stock_counted",
        subject_kind="product",
        subject=product.code,
        before={"units": seen},
        after={"units": counted},
    )
    return counted - seen


def _replace(product_id: int, seen: int, counted: int) -> bool:
    if seen == 0:
        build = sqlite_insert if db.session.get_bind().dialect.name == "sqlite" else postgresql_insert
        empty = build(StockLevel).values(product_id=product_id, units=0)
        db.session.execute(empty.on_conflict_do_nothing(index_elements=["product_id"]))
    replaced = db.session.execute(
        update(StockLevel)
        .where(StockLevel.product_id == product_id, StockLevel.units == seen)
        .values(units=counted)
        .returning(StockLevel.units)
        .execution_options(synchronize_session=False)
    )
    return replaced.scalar() is not None


def _note(
    product_id: int, units: int, cost_fen: int, kind: str, cause: Cause | None, now: datetime, actor: str
) -> None:
    cause_kind, cause_id = cause or (None, None)
    row = {"product_id": product_id, "units": units, "cost_fen": cost_fen, "kind": kind}
    origin = {"cause_kind": cause_kind, "cause_id": cause_id, "at": now, "actor": actor}
    db.session.execute(insert(StockMovement).values(row | origin))


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


def levels_page(*, after: str | None, low: bool, most: int) -> Sequence[tuple[str, int, int | None]]:
    """Return product code, units in stock and the units below which it is low, by code after a code."""
    units = func.coalesce(StockLevel.units, 0)
    rows = (
        select(Product.code, units, StockAlert.least)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .outerjoin(StockAlert, StockAlert.product_id == Product.id)
        .order_by(Product.code)
        .limit(most)
    )
    rows = rows.where(units < StockAlert.least) if low else rows.where(units > 0)
    if after is not None:
        rows = rows.where(Product.code > after)
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def free_stock(product_ids: Select[*tuple[Any, ...]], *, lock: bool = False) -> Mapping[int, int]:
    """Return the units in stock of those products that keep; with ``lock`` nobody else can take them."""
    levels = (
        select(StockLevel.product_id, StockLevel.units)
        .join(Product, Product.id == StockLevel.product_id)
        .where(Product.keeps, StockLevel.units > 0, StockLevel.product_id.in_(product_ids))
        .order_by(StockLevel.product_id)
    )
    if lock:
        levels = levels.with_for_update(of=StockLevel)
    rows: list[tuple[int, int]] = [(row[0], row[1]) for row in db.session.execute(levels)]
    return dict(rows)
