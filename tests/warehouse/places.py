"""Warehouses of a test: opened, filled, goods sent between them, and what lies in each."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.warehouse import batching, levels, stock, transferring, warehouses
from groupbuy.warehouse.models import StockBatch, StockTransfer, Warehouse
from groupbuy.warehouse.transferring import Goods
from tests import building
from tests.warehouse.test_batches import LATER, SOON

LATE = building.NOW + timedelta(hours=1)


def add_warehouse(code: str, **values: Any) -> Warehouse:
    """Open a grid warehouse."""
    usual = {"name": f"{code}仓", "kind": "grid", "address": None, "active": True, "new": True}
    with transaction():
        return warehouses.save(code=code, now=building.NOW, actor="test", **(usual | values))


def put(product: Product, **batches: int) -> None:
    """Count goods of some batches into the main warehouse; A expires before B."""
    days = {"A": SOON, "B": LATER}
    with transaction():
        stock.put(
            product_id=product.id,
            units=sum(batches.values()),
            cost_fen=500,
            kind="receipt_surplus",
            cause=("test", product.id),
            now=building.NOW,
            actor="test",
            batches={batching.batch_of(name, days[name]): units for name, units in batches.items()},
        )


def send(*goods: Goods, to: str = "G1", **details: Any) -> StockTransfer:
    """Send goods from the main warehouse."""
    usual = {"from_code": "MAIN", "to_code": to, "now": LATE, "zone": building.ZONE, "actor": "test"}
    with transaction():
        return transferring.send(goods=goods, **(usual | details))


def arrive(transfer: StockTransfer, *came: int) -> None:
    """Take in what came of each line."""
    ids = [line.id for line in transfer.lines]
    with transaction():
        arrived = dict(zip(ids, came, strict=False))
        transferring.arrive(number=transfer.number, arrived=arrived, now=LATE, actor="test")


def call_back(transfer: StockTransfer) -> None:
    """Call goods back that have not arrived."""
    with transaction():
        transferring.call_back(number=transfer.number, now=LATE, actor="test")


def lying(product: Product) -> dict[tuple[str, str], int]:
    """Return what lies of a product, by the code of the warehouse and the number of the batch."""
    db.session.rollback()
    rows = select(Warehouse.code, StockBatch.number, StockBatch.units).join(StockBatch.warehouse)
    chosen = rows.where(StockBatch.product_id == product.id, StockBatch.units > 0)
    return {(code, number): units for code, number, units in db.session.execute(chosen)}


def figures(code: str | None) -> tuple[int, ...] | None:
    """Return what is free of the only product, kept for rounds, and on the way; of a warehouse or all."""
    place_id = warehouses.get(code).id if code else None
    rows = levels.page(after=None, low=False, warehouse_id=place_id, most=2)
    return tuple(rows[0][name] for name in ("units", "reserved", "on_the_way")) if rows else None


def refused(code: str, work: Any) -> None:
    """Expect an error of the trade and nothing done."""
    with pytest.raises(GroupbuyError) as caught:
        work()
    assert caught.value.code == code


def batch_id(number: str) -> int:
    return db.session.scalars(select(StockBatch.id).where(StockBatch.number == number)).one()
