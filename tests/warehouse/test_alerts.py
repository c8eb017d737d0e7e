"""A stock is low over all warehouses, or in one of them though others have plenty."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.warehouse import alerts, levels, warehouses
from groupbuy.warehouse.transferring import Goods
from tests import building
from tests.support.commands import Run
from tests.warehouse.places import add_warehouse, arrive, put, refused, send


def choose(product: Product, least: int | None, place: str | None = None) -> None:
    """Choose below how many units a product is low."""
    with transaction():
        alerts.set_least(
            product=db.session.get_one(Product, product.id),
            least=least,
            now=building.NOW,
            actor="test",
            warehouse=warehouses.get(place) if place else None,
        )


def low(place: str | None = None) -> list[tuple[Any, ...]]:
    """Return what is low: product, what lies there, the minimum, and where."""
    db.session.rollback()
    place_id = warehouses.get(place).id if place else None
    rows = levels.page(after=None, low=True, warehouse_id=place_id, most=9)
    return [(row["product_code"], row["units"], row["least"], row["low_in"]) for row in rows]


def test_a_warehouse_with_too_little_is_named_though_there_is_enough_in_all(app: Flask) -> None:
    supplier = building.add_supplier()
    first, second = (building.add_product(supplier, code) for code in ("P1", "P2"))
    for code in ("G1", "G2"):
        add_warehouse(code)
    put(first, A=9)
    put(second, A=2)
    choose(first, 6, "G1")
    choose(first, 3, "MAIN")
    choose(second, 2)
    assert [low(), low("G1"), low("G2"), low("MAIN")] == [
        [("P1", 9, None, ["G1"])],
        [("P1", 0, 6, ["G1"])],
        [],
        [],
    ]
    # What is on the way lies in no warehouse: of nine the main one has two left.
    transfer = send(Goods("P1", 7))
    assert low() == [("P1", 9, None, ["MAIN", "G1"])]
    arrive(transfer, 7)
    assert low() == [("P1", 9, None, ["MAIN"])]
    choose(second, 3)
    assert (low()[1], alerts.count_low()) == (("P2", 2, 3, []), 2)
    choose(first, None, "MAIN")
    choose(first, None, "MAIN")
    choose(second, 0)
    assert (low(), alerts.count_low()) == ([], 0)
    noted = db.session.scalars(select(AuditEntry.after).where(AuditEntry.verb == "stock_alert_set")).all()
    assert len(noted) == 6
    refused("out_of_range", lambda: choose(first, -1, "G1"))


def test_programs_and_the_command_line_read_what_is_low(app: Flask, run_cli: Run) -> None:
    product = building.add_product(building.add_supplier())
    add_warehouse("G1")
    put(product, A=4)
    choose(product, 5, "G1")
    (row,) = run_cli("stock", "--low", "--json").json["items"]
    assert (row["low"], row["low_in"], row["least"]) == (True, ["G1"], None)
    there = run_cli("stock", "--low", "--warehouse", "G1").stdout
    assert there == "product_code P1  units 0  reserved 0  on_the_way 0  least 5  low_in G1\n"
    assert run_cli("stock", "--low", "--warehouse", "MAIN").stdout == ""
