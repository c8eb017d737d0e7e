"""Imports at the same time as other imports, orders and the close."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Offer, OfferBuyer, OfferStock
from groupbuy.campaigns.queries import get_round
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.importing import ImportResult
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import RuleBroken
from groupbuy.members.queries import get_resident
from groupbuy.orders.models import Order, OrderLine
from tests.files import (
    NOW,
    ORDER_COLUMNS,
    PRODUCTS,
    RESIDENTS,
    SUPPLIERS,
    faults_of,
    import_region,
    import_text,
)

T = TypeVar("T")


def at_once(app: Flask, works: Sequence[Callable[[], T]]) -> list[T]:
    """Do all works at the same time, each on a connection of its own; return their results."""
    start = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        with app.app_context():
            start.wait()
            return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def orders(*rows: str) -> ImportResult:
    return import_text("orders", "\n".join([ORDER_COLUMNS, *rows]))


def stock_of(code: str) -> OfferStock:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(OfferStock).join(Offer).join(Product).where(Product.code == code)).one()


@pytest.fixture
def region(app: Flask) -> Flask:
    import_region(residents=RESIDENTS + "".join(f"N{n},邻居{n},1370000000{n},L1,{n}\n" for n in range(8)))
    return app


def test_the_same_file_twice_at_once_is_stored_once(app: Flask) -> None:
    import_text("suppliers", SUPPLIERS)

    results = at_once(app, [lambda: import_text("products", PRODUCTS)] * 4)

    assert all(result.faults == () and result.imported == 3 for result in results)
    assert sum(result.created for result in results) == 3
    assert db.session.scalar(select(func.count(Category.id))) == 3


def test_the_last_units_go_to_as_many_imports_as_there_are_units(region: Flask) -> None:
    works = [lambda n=n: orders(f"A{n},C1,N{n},2026-11-22 12:00,P1,3") for n in range(8)]

    codes = Counter(
        code for result in at_once(region, works) for _, _, code in faults_of(result) or [(0, "", "")]
    )

    assert codes == {"": 3, "sold_out": 5}
    assert stock_of("P1").sold == 9 == db.session.scalar(select(func.sum(OrderLine.quantity)))


@pytest.mark.check(38)
def test_one_resident_in_several_imports_keeps_to_the_limit_per_buyer(region: Flask) -> None:
    works = [lambda n=n: orders(f"A{n},C1,N1,2026-11-22 12:00,P1,2") for n in range(4)]

    codes = Counter(
        code for result in at_once(region, works) for _, _, code in faults_of(result) or [(0, "", "")]
    )

    assert codes == {"": 2, "limit_reached": 2}
    assert db.session.scalars(select(OfferBuyer.units)).all() == [4]


def test_one_order_ref_with_two_contents_is_stored_once(region: Flask) -> None:
    works = [lambda n=n: orders(f"A1,C1,N{n},2026-11-22 12:00,P2,1") for n in range(4)]

    codes = Counter(
        code for result in at_once(region, works) for _, _, code in faults_of(result) or [(0, "", "")]
    )

    assert codes == {"": 1, "already_exists": 3}
    assert db.session.scalar(select(func.count(Order.id))) == 1


@pytest.mark.check(38)
def test_imports_and_orders_of_residents_share_the_stock(region: Flask) -> None:
    def place(resident: str) -> str:
        wishes = [Wish("P2", 1), Wish("P1", 3)]
        try:
            in_transaction(
                lambda: ordering.place_order(
                    round_=get_round("C1"),
                    resident=get_resident(resident),
                    wishes=wishes,
                    now=NOW,
                    actor=Actor("test"),
                    pay_within=timedelta(minutes=15),
                )
            )
        except RuleBroken as error:
            return error.code
        return ""

    def bring(resident: str) -> str:
        rows = [f"A{resident},C1,{resident},2026-11-22 12:00,{product},3" for product in ("P1", "P2")]
        return next((code for _, _, code in faults_of(orders(*rows))), "")

    works = [lambda n=n: (place if n % 2 else bring)(f"N{n}") for n in range(8)]

    assert Counter(at_once(region, works)) == {"": 3, "sold_out": 5}
    assert stock_of("P1").sold == 9


def test_a_close_and_an_import_at_once_leave_no_order_outside(region: Flask) -> None:
    def close() -> str:
        seal = lifecycle.seal_round
        return str(
            in_transaction(lambda: seal(round_=get_round("C1"), now=NOW + timedelta(days=1), actor="test"))
        )

    def bring(number: int) -> str:
        return next(
            (code for _, _, code in faults_of(orders(f"A{number},C1,N{number},2026-11-22 12:00,P2,1"))), ""
        )

    works = [close, *(lambda n=n: bring(n) for n in range(6))]
    answers = at_once(region, works)

    assert answers[0] == "True"
    assert set(answers[1:]) <= {"", "round_closed"}
    assert stock_of("P2").sold == answers.count("") == db.session.scalar(select(func.count(Order.id)))
