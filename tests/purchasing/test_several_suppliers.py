"""A product of several suppliers: one need, several purchase orders, and every sum downstream exact.

P1 costs ¥5.00 in cases of 6 at S1, its own supplier. Where they are named, S2 asks ¥4.00 in cases of 10
and S3 ¥6.00 in cases of 1.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.catalog import sourcing
from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.delivery import missing
from groupbuy.delivery import queries as delivered
from groupbuy.delivery import service as delivery
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.flows import dispatching, late_orders, receiving, signing
from groupbuy.flows.ordering import Wish
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.settlements.models import SupplierAdjustment
from groupbuy.warehouse import origins
from groupbuy.warehouse.mixing import Brought, cost_by_supplier, mean_cost, surplus_by_line
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day

S2, S3 = Further("S2", 400, 10), Further("S3", 600, 1)


def add_product(wanted: Sourcing, **of_s2: Any) -> Product:
    """Make P1 with its suppliers; ``of_s2`` are columns of the second one."""
    product = building.add_product(building.add_supplier("S1"), "P1", keeps=True)
    building.add_supplier("S2", **of_s2)
    building.add_supplier("S3")
    name(product, wanted)
    return product


def name(product: Product, wanted: Sourcing) -> None:
    """Name all further suppliers of a product anew."""
    with transaction():
        stored = db.session.get_one(Product, product.id)
        sourcing.set_sourcing(product=stored, wanted=wanted, now=building.NOW, actor="test")


def closed(app: Flask, product: Product, units: int) -> tuple[Round, Order]:
    """Return a closed round in which so many are ordered."""
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": units})
    return building.close(app, round_), order


def bought(round_: Round) -> dict[str, tuple[int, int, int, int, int]]:
    """Return by supplier what is ordered, from stock, bought and too much of P1, and what it costs."""
    db.session.rollback()
    return {
        one.supplier.code: (line.ordered, line.from_stock, line.purchased, line.surplus, line.amount_fen)
        for one in purchasing.orders_of_round(round_.id)
        for line in one.lines
    }


def number_of(round_: Round, supplier: str) -> str:
    """Return the number of a supplier's purchase order."""
    db.session.rollback()
    return {one.supplier.code: one.number for one in purchasing.heads_of_round(round_.id)}[supplier]


def test_a_need_is_split_and_what_came_is_one_sum(app: Flask) -> None:
    shares = Sourcing("share", None, (replace(S2, share_bp=4_000),))
    product = add_product(shares)
    round_, order = closed(app, product, 100)
    # 60 of S1 are ten cases of six, 40 of S2 four cases of ten, each at its own cost.
    assert bought(round_) == {"S1": (60, 0, 60, 0, 30_000), "S2": (40, 0, 40, 0, 16_000)}
    first, second = number_of(round_, "S1"), number_of(round_, "S2")
    day.receive(first, {"P1": 63}, confirmed=2)
    # S1 brought three too many, but S2 may be short: nothing goes into stock yet, and nobody is short.
    assert day.in_stock(product) == 0
    day.receive(second, {"P1": 38}, rejected={"P1": 3}, last=True)
    # 63 and 35 are 98 of 100: two are short, and what S1 brought more than was asked helps.
    assert day.in_stock(product) == 0
    done = day.share_out(round_, Policy.FIRST_COME)
    assert done is not None
    assert (done.units, done.amount_fen) == (2, 2 * 990)
    assert day.quantities(order) == {"P1": 98}
    # What nobody knows whose it was, each answers for by the worth of what it brought.
    offer = day.stored(order).lines[0].offer
    charged = {one.supplier_id: one.amount_fen for one in origins.charges(offer, 10, 500)}
    assert sum(charged.values()) == round(10 * (63 * 500 + 35 * 400) / 98)
    assert day.wrong() == []


def test_a_round_keeps_what_was_agreed_when_it_was_published(app: Flask) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=4_000),)))
    running = building.add_round([product])
    building.place(running, building.add_resident(building.add_leader()), {"P1": 100})
    name(product, Sourcing("price", 0, (replace(S2, cost_fen=450, daily_limit=20), S3)))
    later = building.add_round([product], "C2")
    building.place(later, building.add_resident(db.session.get_one(Leader, 1)), {"P1": 100})
    name(product, Sourcing())
    building.close(app, running)
    # 60 and 40 as agreed, at ¥5.00 and ¥4.00. Nothing is left of S2's 20 a day for the other round: S3
    # brings all, S1 may nothing.
    assert bought(running) == {"S1": (60, 0, 60, 0, 30_000), "S2": (40, 0, 40, 0, 16_000)}
    assert bought(later) == {"S3": (100, 0, 100, 0, 60_000)}
    assert day.wrong() == []


def test_surplus_of_the_one_fills_what_the_other_left_out_and_the_rest_is_stored_at_its_cost(
    app: Flask,
) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=4_000),)))
    round_, _ = closed(app, product, 100)
    day.receive(number_of(round_, "S2"), {"P1": 50}, confirmed=2)
    assert day.in_stock(product) == 0
    day.receive(number_of(round_, "S1"), {"P1": 54}, last=True)
    # 104 came of 100 that are wanted: four of S2's ten too many are left, at ¥4.00.
    assert day.in_stock(product) == 4
    with transaction():
        assert day.stock.last_cost(product.id) == 400
    assert day.share_out(round_, Policy.FIRST_COME) is None
    assert day.wrong() == []


def test_the_cheapest_delivers_up_to_its_limit_of_the_day_over_all_rounds(app: Flask) -> None:
    by_price = Sourcing("price", None, (replace(S2, daily_limit=30), S3))
    product = add_product(by_price)
    leader = building.add_leader()
    resident = building.add_resident(leader)
    rounds = [building.add_round([product], code) for code in ("C1", "C2")]
    for round_ in rounds:
        building.place(round_, resident, {"P1": 25})
    building.close(app, rounds[0])
    # The first round has three cases of S2, which is all of the day; the second five cases of S1, since
    # the cheaper of those that are left is asked first.
    assert [bought(round_) for round_ in rounds] == [
        {"S2": (25, 0, 30, 5, 12_000)},
        {"S1": (25, 0, 30, 5, 15_000)},
    ]
    assert day.wrong() == []


def test_who_would_miss_its_minimum_gets_nothing_while_another_delivers(app: Flask) -> None:
    shares = Sourcing("share", None, (replace(S2, share_bp=4_000),))
    product = add_product(shares, min_order_fen=20_000, minimum_policy="cancel")
    round_, _ = closed(app, product, 100)
    # 40 of S2 would be ¥160.00 of ¥200.00.
    assert bought(round_) == {"S1": (100, 0, 102, 2, 51_000)}
    assert day.wrong() == []


def test_a_late_order_is_brought_by_whoever_has_too_many(app: Flask) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=5_000),)))
    round_, order = closed(app, product, 24)
    before = bought(round_)
    with transaction():
        late_orders.place_late_order(
            round_=db.session.get_one(Round, round_.id),
            resident=db.session.get_one(Resident, order.resident_id),
            wishes=[Wish("P1", 7)],
            now=building.CLOSES,
            zone=building.ZONE,
            actor=day.ACTOR,
        )
    after = bought(round_)
    most = max(before, key=lambda code: before[code][3])
    assert after[most][0] == before[most][0] + 7
    assert {code: one for code, one in after.items() if code != most} == {
        code: one for code, one in before.items() if code != most
    }
    assert day.wrong() == []


def test_what_nothing_more_comes_of_is_closed_by_hand(app: Flask) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=5_000),)))
    round_, order = closed(app, product, 60)
    day.receive(number_of(round_, "S1"), {"P1": 30})
    with transaction():
        receiving.close_rest(number=number_of(round_, "S2"), now=day.ARRIVES, actor=day.ACTOR)
    day.share_out(round_, Policy.PRO_RATA)
    assert day.quantities(order) == {"P1": 30}
    assert day.wrong() == []


@pytest.mark.parametrize("booked", [(), ("S1",), ("S2",), ("S1", "S2")])
def test_who_brought_missing_goods_is_charged_alike_before_and_after_they_are_booked(
    app: Flask, booked: Sequence[str]
) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=4_000),)))
    round_, order = closed(app, product, 100)
    receive_whole(round_, booked)
    in_transaction(lambda: delivery.plan_day(day=building.PICKUP, now=day.ARRIVES, actor="test"))
    leave()
    charge(sign_short(order, 10))
    receive_whole(round_, {"S1", "S2"} - set(booked))
    # Ten cost ¥46.00 in the mean, of which by the worth of 60 at ¥5.00 and 40 at ¥4.00.
    assert taken_off() == {"S1": -3_000, "S2": -1_600}
    assert (day.quantities(order), day.wrong()) == ({"P1": 90}, [])


def test_who_was_charged_and_then_brought_nothing_gets_it_back_from_who_brought_all(app: Flask) -> None:
    product = add_product(Sourcing("share", None, (replace(S2, share_bp=4_000),)))
    round_, order = closed(app, product, 100)
    in_transaction(lambda: delivery.plan_day(day=building.PICKUP, now=day.ARRIVES, actor="test"))
    leave()
    charge(sign_short(order, 10))
    assert taken_off() == {"S1": -3_000, "S2": -1_600}
    day.receive(number_of(round_, "S1"), {"P1": 100}, confirmed=2)
    with transaction():
        receiving.close_rest(number=number_of(round_, "S2"), now=day.ARRIVES, actor=day.ACTOR)
    assert taken_off() == {"S1": -5_000, "S2": 0}
    assert (day.quantities(order), day.wrong()) == ({"P1": 90}, [])


def receive_whole(round_: Round, suppliers: Collection[str]) -> None:
    """Book all that was ordered of some suppliers."""
    for code in sorted(suppliers):
        day.receive(number_of(round_, code), {"P1": {"S1": 60, "S2": 40}[code]})


def leave() -> None:
    """Let the only route of the day leave."""
    db.session.rollback()
    (route,) = delivered.routes_of(building.PICKUP)
    route_id = route.id
    in_transaction(lambda: dispatching.leave(route_id=route_id, now=day.ARRIVES, actor=day.ACTOR))


def sign_short(order: Order, units: int) -> Discrepancy:
    """Sign for an order of 100 without so many of them."""
    lacking = day.stored(order)
    offer_id, leader_id = lacking.lines[0].offer_id, lacking.leader_id
    (stop,) = delivered.stops_of(building.PICKUP, leader_id)
    stop_id, counts = stop.id, {offer_id: signing.Count(100 - units, "missing")}
    said: Any = {"now": day.ARRIVES, "actor": day.ACTOR}
    in_transaction(lambda: signing.sign(stop_id=stop_id, leader_ids=[leader_id], counts=counts, **said))
    return missing.discrepancies(day=building.PICKUP)[0]


def charge(found: Discrepancy) -> None:
    """Let the suppliers pay for what is missing."""
    chosen: Any = {"decision": Decision.REFUND, "payer": Payer.SUPPLIER}
    found_id = found.id
    in_transaction(
        lambda: signing.decide(discrepancy_id=found_id, **chosen, now=day.ARRIVES, actor=day.ACTOR)
    )


def taken_off() -> dict[str, int]:
    """Return by supplier what was taken off what it is owed, in fen."""
    db.session.rollback()
    rows = select(Supplier.code, total(SupplierAdjustment.amount_fen)).join(
        SupplierAdjustment, SupplierAdjustment.supplier_id == Supplier.id
    )
    return {row[0]: row[1] for row in db.session.execute(rows.group_by(Supplier.code))}


PARTS = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=5)


@given(parts=PARTS, freed=st.integers(0, 300))
def test_of_the_surplus_no_line_gives_more_than_it_has(parts: list[tuple[int, int]], freed: int) -> None:
    there, ordered = [one for one, _ in parts], [one for _, one in parts]
    freed = min(freed, sum(ordered))
    taken = surplus_by_line(there, ordered, freed)
    assert sum(taken) == max(sum(there) - sum(ordered) + freed, 0)
    assert all(0 <= units <= has for units, has in zip(taken, there, strict=True))


BROUGHT = st.lists(
    st.builds(Brought, units=st.integers(1, 300), cost_fen=st.integers(0, 900)), min_size=2, max_size=5
)


@given(units=st.integers(1, 300), parts=BROUGHT)
def test_what_suppliers_are_charged_with_is_the_mean_cost(units: int, parts: list[Brought]) -> None:
    fen = cost_by_supplier(units, parts)
    assert min(fen) >= 0
    assert abs(sum(fen) - units * mean_cost(parts)) <= units
