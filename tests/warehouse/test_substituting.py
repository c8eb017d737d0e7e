"""Substitutes for what is short: the resident's own, the operator's swap, the money back; figures by hand."""

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import (
    allocating,
    calling_off,
    collecting,
    naming_substitutes,
    ordering,
    receiving,
    sharing_out,
)
from groupbuy.flows.allocating import Allocation
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.orders.substitutes import replaced_of
from groupbuy.warehouse import levels, stock, tracing
from groupbuy.warehouse.models import StockBatch
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day
from tests.warehouse.places import put as put_batches


def goods(keeps: bool = True) -> list[Product]:
    """Make apples at ¥9.90, pears at ¥8.80, plums at ¥9.90, and dear cherries."""
    named = (("P1", "苹果", 990), ("P2", "梨", 880), ("P3", "李子", 990), ("P4", "车厘子", 5990))
    supplier = building.add_supplier()
    return [
        building.add_product(supplier, code, name=name, price_fen=price, case_size=1, keeps=keeps)
        for code, name, price in named
    ]


def put(product: Product, units: int) -> None:
    """Lay units into stock, found at a count."""
    with transaction():
        fresh = db.session.get_one(Product, product.id)
        seen = day.in_stock(product)
        stock.count(product=fresh, counted=seen + units, seen=seen, now=building.NOW, actor="test")


def name(order: Order, **choices: str) -> None:
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        naming_substitutes.choose(order=fresh, choices=choices, now=building.NOW, actor=day.ACTOR)


def paid(round_: Round, leader: object, wanted: dict[str, int]) -> Order:
    """Place an order that is paid at once."""
    order = building.place(round_, building.add_resident(leader), wanted)
    with transaction():
        ordering.mark_paid(order=db.session.get_one(Order, order.id), now=building.NOW, actor=day.ACTOR)
    return order


def share_out(round_: Round, swaps: dict[str, str] | None = None) -> Allocation | None:
    with transaction():
        return allocating.apply(
            round_=db.session.get_one(Round, round_.id),
            policy=Policy.FIRST_COME,
            now=day.ARRIVES,
            actor=day.ACTOR,
            swaps=swaps,
        )


def money(order: Order) -> tuple[int, int]:
    fresh = day.stored(order)
    return fresh.amount_fen, fresh.paid_fen


def test_who_loses_gets_what_was_named_then_the_swap_then_the_money(app: Flask) -> None:
    building.set_commission(Rate(rate_bp=1000))
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    first = paid(round_, leader, {"P1": 2})
    named = paid(round_, leader, {"P1": 3, "P2": 1})
    opted_out = paid(round_, leader, {"P1": 1})
    swapped = paid(round_, leader, {"P1": 2})
    name(named, P1="P2")
    name(opted_out, P1="refund")
    building.close(app, round_)
    # Of 8 apples 2 come, and the pear that was ordered; 2 pears and 2 plums lie in stock.
    day.receive(day.order_of(round_).number, {"P1": 2, "P2": 1}, last=True)
    put(products[1], 2)
    put(products[2], 2)
    seen = sharing_out.preview(
        db.session.get_one(Round, round_.id),
        Policy.FIRST_COME,
        sharing_out.short_offers(round_),
        {"P1": "P3"},
    )
    assert (seen.units, seen.amount_fen, seen.substituted, seen.substituted_fen) == (6, 5940, 4, 3740)

    done = share_out(round_, {"P1": "P3"})
    assert done is not None
    assert (done.units, done.substituted, done.substituted_fen, done.cancelled) == (6, 4, 3740, 1)
    assert share_out(round_, {"P1": "P3"}) is None
    assert day.quantities(first) == {"P1": 2}
    # Two pears beside the one that was ordered, and a plum for the third apple; the other plum is swapped.
    assert day.quantities(named) == {"P1": 0, "P2": 3, "P3": 1}
    assert day.quantities(swapped) == {"P1": 0, "P3": 1}
    assert (money(first), money(named)) == ((1980, 1980), (3630, 3850))
    assert money(swapped) == (990, 1980)
    assert (money(opted_out), day.stored(opted_out).state) == ((0, 990), "cancelled")
    assert day.wrong() == []


def test_a_swap_to_dearer_goods_is_refused_rather_than_left_out(app: Flask) -> None:
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 2})
    building.close(app, round_)
    with transaction():
        receiving.close_rest(number=day.order_of(round_).number, now=day.ARRIVES, actor=day.ACTOR)
    put(products[3], 5)
    with pytest.raises(RuleBroken) as refused:
        share_out(round_, {"P1": "P4"})
    assert (refused.value.code, refused.value.param) == ("substitute_dearer", "swaps")
    assert day.quantities(order) == {"P1": 2}


def test_residents_are_told_what_comes_instead_and_it_is_handed_out(app: Flask) -> None:
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 2})
    building.close(app, round_)
    with transaction():
        receiving.close_rest(number=day.order_of(round_).number, now=day.ARRIVES, actor=day.ACTOR)
    put(products[1], 5)
    share_out(round_, {"P1": "P2"})
    note = db.session.scalars(
        select(Message).where(Message.recipient == f"resident:{order.resident_id}")
    ).one()
    assert note.event == "substituted"
    assert note.body == "苹果 缺 2 件，换为 梨 2 件。共少收 ¥2.20，已付的将退还。"
    ((_line, replaced),) = replaced_of([order.id]).items()
    assert [(one.name, one.units, one.own) for one in replaced] == [("梨", 2, False)]
    with transaction():
        collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[leader.id], now=day.ARRIVES, actor=day.ACTOR
        )
    assert (day.stored(order).state, money(order), day.in_stock(products[1])) == (
        "picked_up",
        (1760, 1980),
        3,
    )
    assert day.wrong() == []


def test_goods_that_do_not_keep_come_only_from_the_rounds_own_surplus(app: Flask) -> None:
    products, leader = goods(keeps=False), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 4})
    other = paid(round_, leader, {"P2": 1})
    building.close(app, round_)
    put(products[1], 9)
    # Two pears more than ordered come, and lie in stock with nine old ones.
    day.receive(day.order_of(round_).number, {"P1": 1, "P2": 3}, last=True, confirmed=2)
    done = share_out(round_, {"P1": "P2"})
    assert done is not None
    assert (done.units, done.substituted) == (3, 2)
    assert (day.quantities(order), day.quantities(other)) == ({"P1": 1, "P2": 2}, {"P2": 1})
    assert day.in_stock(products[1]) == 9
    assert day.wrong() == []


def test_what_came_instead_goes_back_into_stock_when_the_round_is_called_off(app: Flask) -> None:
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 2, "P2": 1})
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 0, "P2": 1}, last=True)
    put(products[1], 5)
    share_out(round_, {"P1": "P2"})
    assert day.quantities(order) == {"P1": 0, "P2": 3}
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, round_.id), reason="停业", now=day.ARRIVES, actor=day.ACTOR
        )
    # Five that lay there and the one that came for the order.
    assert (money(order), day.in_stock(products[1])) == ((0, 2860), 6)
    assert day.wrong() == []


def _batches_of_pears(app: Flask) -> tuple[Round, Order, StockBatch, StockBatch]:
    """Replace four apples by pears of which three of batch A and two of B lie in stock; A expires first."""
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 5})
    building.close(app, round_)
    put_batches(products[1], A=3, B=2)
    day.receive(day.order_of(round_).number, {"P1": 1}, last=True)
    assert share_out(round_, {"P1": "P2"}) is not None
    known = select(StockBatch).where(StockBatch.product_id == products[1].id).order_by(StockBatch.number)
    return round_, order, *db.session.scalars(known).all()


def test_a_batch_is_traced_to_those_who_got_it_in_the_place_of_other_goods(app: Flask) -> None:
    round_, order, first, second = _batches_of_pears(app)
    assert day.quantities(order) == {"P1": 1, "P2": 4}
    assert [(use.round_id, use.units, use.certain) for use in tracing.rounds_of(first)] == [
        (round_.id, 3, False)
    ]
    # Whoever is asked about a bad batch is among them.
    residents = [resident_id for _line, resident_id, _units in tracing.lines_of(second)]
    assert residents == [order.resident_id]


def test_what_comes_in_the_place_of_other_goods_waits_in_the_warehouse_for_its_round(app: Flask) -> None:
    _batches_of_pears(app)
    rows = levels.page(after=None, low=False, warehouse_id=None, most=9)
    assert [(row["product_code"], row["units"], row["reserved"]) for row in rows] == [
        ("P1", 0, 1),
        ("P2", 1, 4),
    ]


def test_what_came_instead_goes_back_into_its_own_batch(app: Flask) -> None:
    round_, _order, first, second = _batches_of_pears(app)
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, round_.id), reason="停业", now=day.ARRIVES, actor=day.ACTOR
        )
    db.session.expire_all()
    assert (first.units, second.units) == (3, 2)
    assert tracing.rounds_of(first) == []
    assert day.wrong() == []


def test_a_substitute_is_named_until_the_cut_off_and_is_at_most_as_dear(app: Flask) -> None:
    products, leader = goods(), building.add_leader()
    round_ = building.add_round(products)
    order = paid(round_, leader, {"P1": 1, "P2": 1})
    name(order, P1="P2", P2="refund")
    assert naming_substitutes.choices_of(day.stored(order)) == {"P1": "P2", "P2": "refund"}
    name(order, P2="any")
    assert naming_substitutes.choices_of(day.stored(order)) == {"P1": "P2", "P2": "any"}
    refused: list[tuple[dict[str, str], type[GroupbuyError], str]] = [
        ({"P1": "P4"}, RuleBroken, "substitute_dearer"),
        ({"P1": "P1"}, BadInput, "same_product"),
        ({"P1": "P9"}, BadInput, "unknown_product"),
        ({"P3": "P2"}, BadInput, "unknown_product"),
    ]
    for choices, kind, code in refused:
        with pytest.raises(kind) as error:
            name(order, **choices)
        assert error.value.code == code
    assert [one.code for one in naming_substitutes.candidates(day.stored(order))["P2"]] == []
    # A line that is taken out takes its substitute along.
    with transaction():
        ordering.change_order(
            order=db.session.get_one(Order, order.id),
            wishes=[Wish("P2", 1)],
            now=building.NOW,
            actor=day.ACTOR,
        )
    assert naming_substitutes.choices_of(day.stored(order)) == {"P2": "any"}
    building.close(app, round_)
    with pytest.raises(RuleBroken) as late:
        name(order, P1="any")
    assert late.value.code == "round_closed"
