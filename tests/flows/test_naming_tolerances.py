"""Until when and how much more residents may say that they would take (凑箱)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import naming_tolerances, ordering
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.orders.models import LineTolerance, Order
from groupbuy.orders.tolerances import Tolerance
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.cases import allow, bought, by_the_case, outlook, wanted
from tests.warehouse import day


def test_it_is_named_until_the_cut_off_within_bounds_and_follows_the_line(app: Flask) -> None:
    terms = {"P2": {"per_buyer_limit": 5}, "P3": {"multiple": 2}}
    supplier, leader = building.add_supplier(), building.add_leader()
    products = [building.add_product(supplier, f"P{number}") for number in (1, 2, 3)]
    products.append(building.add_product(supplier, "P4", case_size=1))
    round_ = building.add_round(products, offers=terms, surplus_policy="shortfall")
    order = wanted(round_, leader, {"P1": 1, "P2": 2, "P3": 2, "P4": 1}, P1=5, P2=3, P3=4, P4=0)
    refused: list[tuple[dict[str, int], type[GroupbuyError], str]] = [
        ({"P1": 1000}, BadInput, "out_of_range"),
        ({"P1": -1}, BadInput, "out_of_range"),
        ({"P9": 1}, BadInput, "unknown_product"),
        ({"P1": 0, "P2": 4}, RuleBroken, "limit_reached"),
        ({"P3": 3}, RuleBroken, "not_a_multiple"),
        ({"P4": 1}, RuleBroken, "not_by_the_case"),
    ]
    for units, kind, code in refused:
        with pytest.raises(kind) as error:
            allow(order, **units)
        assert error.value.code == code
    allow(order, P1=0)
    # Of P2 four are wanted now and five may be had; a line that is taken out takes its tolerance along.
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        ordering.change_order(order=fresh, wishes=[Wish("P1", 1), Wish("P2", 4)], now=NOW, actor=ACTOR)
    assert naming_tolerances.named_by(day.stored(order)) == {"P2": Tolerance(1, 0)}
    with transaction():
        ordering.cancel_order(
            order=db.session.get_one(Order, order.id), reason="不要了", now=NOW, actor=ACTOR
        )
    with pytest.raises(RuleBroken) as cancelled:
        allow(order, P2=1)
    assert (cancelled.value.code, outlook(round_)) == ("order_cancelled", [])


def test_a_round_that_buys_the_last_case_anyway_takes_none(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = wanted(round_, building.add_leader(), {"P1": 1})
    with pytest.raises(RuleBroken) as error:
        allow(order, P1=1)
    assert error.value.code == "not_by_the_case"


def test_what_is_named_while_the_round_closes_counts_or_is_refused(app: Flask) -> None:
    round_, leader = by_the_case("P1"), building.add_leader()
    orders = [wanted(round_, leader, {"P1": 1}) for _ in range(4)]
    ids, round_id = [order.id for order in orders], round_.id
    db.session.rollback()

    def name(order_id: int) -> str:
        def once() -> None:
            order = db.session.get_one(Order, order_id)
            just = CLOSES - timedelta(seconds=1)
            naming_tolerances.allow(order=order, units={"P1": 1}, now=just, actor=ACTOR)

        with app.app_context():
            try:
                in_transaction(once)
            except RuleBroken as error:
                return error.code
        return "named"

    def close(_: int) -> str:
        with app.app_context():
            return building.close(app, Round(id=round_id)).state

    work = [
        *(partial(name, one) for one in ids[:2]),
        partial(close, 0),
        *(partial(name, one) for one in ids[2:]),
    ]
    with ThreadPoolExecutor(5) as pool:
        answers = [task.result() for task in [pool.submit(one) for one in work]]
    db.session.rollback()
    named = answers.count("named")
    assert named + answers.count("round_closed") == 4
    # 4 are wanted and 2 are missing: whoever was told that it is named is counted.
    assert len(db.session.scalars(select(LineTolerance.given)).all()) == named
    given = sum(db.session.scalars(select(LineTolerance.given)))
    assert (given, bought(round_)) == ((2, {"P1": (6, 6, 0)}) if named >= 2 else (0, {"P1": (4, 0, 4)}))
    assert day.wrong() == []
