"""Cases that the close leaves open are filled by who would take more (凑箱); figures worked out by hand.

A product costs ¥9.90 (¥5.00 to buy) in cases of 6, of which only whole ones are bought.
"""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import OfferBuyer, OfferStock, Round
from groupbuy.catalog import sourcing
from groupbuy.catalog.models import Product
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import service as ledger
from groupbuy.finance.rules import MANUAL, Entry, wallet
from groupbuy.flows import naming_tolerances, ordering
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.orders.tolerances import Tolerance
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse.planned import Outlook
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.cases import allow, bought, by_the_case, outlook, wanted
from tests.money import hand_out
from tests.warehouse import day


def test_what_fills_a_case_is_given_in_turn_and_is_ordered_like_the_rest(app: Flask) -> None:
    building.set_commission(Rate(rate_bp=1000))
    round_, leader = by_the_case("P1", "P2"), building.add_leader()
    anna = wanted(round_, leader, {"P1": 3, "P2": 4}, P1=2, P2=1)
    berta = wanted(round_, leader, {"P1": 4}, P1=9)
    carla = wanted(round_, leader, {"P1": 2})
    # 9 apples are a case and a half: 3 fill it, Anna gives one, Berta one, Anna one. Of 4 pears 2 are
    # missing, and only 1 is offered: nobody gets any.
    expected = [Outlook(11, 3), Outlook(1, 0)]
    assert outlook(round_) == expected
    assert building.close(app, round_).state == "closed"
    assert [day.quantities(one) for one in (anna, berta, carla)] == [{"P1": 5, "P2": 4}, {"P1": 5}, {"P1": 2}]
    assert bought(round_) == {"P1": (12, 12, 0), "P2": (4, 0, 4)}
    assert [day.stored(one).amount_fen for one in (anna, berta, carla)] == [9 * 990, 5 * 990, 2 * 990]
    assert outlook(round_) == expected
    assert naming_tolerances.named_by(day.stored(anna)) == {"P1": Tolerance(2, 2), "P2": Tolerance(1, 0)}
    told = db.session.scalars(select(Message.body).where(Message.event == "case_filled").order_by(Message.id))
    assert [text.split("，")[0] for text in told] == ["商品P1 多 2 件", "商品P1 多 1 件"]
    logged = db.session.scalars(select(AuditEntry.after).where(AuditEntry.verb == "case_filled")).all()
    assert sorted(sum(entry["more"].values()) for entry in logged) == [1, 2]
    # The demand, what is sold, the commission of 16 units at 99 fen, and what is handed out: all of it.
    assert db.session.scalars(select(OfferStock.sold).order_by(OfferStock.offer_id)).all() == [12, 4]
    assert day.wrong() == []
    day.receive(day.order_of(round_).number, {"P1": 12}, last=True)
    day.share_out(round_, day.Policy.FIRST_COME)
    hand_out(day.stored(berta))
    assert (day.stored(berta).state, day.stored(anna).amount_fen) == ("picked_up", 5 * 990)
    assert day.wrong() == []


def test_stock_limits_limits_of_a_buyer_steps_and_what_lies_in_stock_count(app: Flask) -> None:
    terms = {
        "P1": {"limit_units": 5},
        "P2": {"limit_units": 6, "per_buyer_limit": 5},
        "P3": {"multiple": 2},
        "P4": {},
    }
    round_, leader = by_the_case(*terms, offers=terms), building.add_leader()
    resident = building.add_resident(leader)
    with transaction():
        product = db.session.scalars(select(Product).where(Product.code == "P4")).one()
        day.stock.count(product=product, counted=1, seen=0, now=NOW, actor="test")
    first = building.place(round_, resident, {"P1": 4, "P2": 1, "P3": 2, "P4": 4})
    allow(first, P1=9, P2=4, P3=4, P4=9)
    second = building.place(round_, resident, {"P2": 3})
    allow(second, P2=2)
    building.close(app, round_)
    # Of P1 one is left, two are missing. Of P2 the buyer has 4 of 5, two are missing. Four of P3 fill its
    # case. One of P4 lies in stock: 3 are to be bought and 3 more fill the case.
    assert day.quantities(first) == {"P1": 4, "P2": 1, "P3": 6, "P4": 7}
    assert day.quantities(second) == {"P2": 3}
    assert bought(round_) == {"P1": (4, 0, 4), "P2": (4, 0, 4), "P3": (6, 6, 0), "P4": (7, 6, 0)}
    assert day.wrong() == []


def test_a_limit_per_buyer_counts_what_was_given(app: Flask) -> None:
    round_ = by_the_case("P1", offers={"P1": {"limit_units": 6, "per_buyer_limit": 4}})
    leader = building.add_leader()
    orders = [wanted(round_, leader, {"P1": 2}, P1=2), wanted(round_, leader, {"P1": 3}, P1=1)]
    building.close(app, round_)
    assert [day.quantities(one) for one in orders] == [{"P1": 3}, {"P1": 3}]
    assert db.session.scalars(select(OfferBuyer.units)).all() == [3, 3]
    assert day.wrong() == []


def test_a_case_of_several_suppliers_is_filled_as_the_need_is_split(app: Flask) -> None:
    product = building.add_product(building.add_supplier("S1"), "P1", keeps=True)
    building.add_supplier("S2")
    halves = Sourcing("share", None, (Further("S2", 400, 10, share_bp=5_000),))
    with transaction():
        stored = db.session.get_one(Product, product.id)
        sourcing.set_sourcing(product=stored, wanted=halves, now=NOW, actor="test")
    round_ = building.add_round([product], surplus_policy="shortfall")
    order = wanted(round_, building.add_leader(), {"P1": 20}, P1=9)
    # Half of 20 is a case of 6 and one of 10 with 4 left over; of 22 it is two of 6 and one of 10.
    assert outlook(round_) == [Outlook(9, 2)]
    building.close(app, round_)
    assert day.quantities(order) == {"P1": 22}
    heads = {one.supplier.code: one.units for one in purchasing.orders_of_round(round_.id)}
    assert heads == {"S1": 12, "S2": 10}
    assert day.wrong() == []


def test_thresholds_are_judged_without_it_and_an_extension_leaves_it_open(app: Flask) -> None:
    terms = {"P1": {"min_units": 5, "below_policy": "extend"}}
    round_ = by_the_case("P1", offers=terms, extend_minutes=30, max_extensions=1)
    leader = building.add_leader()
    order = wanted(round_, leader, {"P1": 4}, P1=2)
    assert building.close(app, round_).state == "open"
    assert day.quantities(order) == {"P1": 4}
    later = CLOSES + timedelta(minutes=1)
    other = building.place(
        db.session.get_one(Round, round_.id), building.add_resident(leader), {"P1": 1}, now=later
    )
    building.close(app, round_, now=CLOSES + timedelta(minutes=30))
    assert (day.quantities(order), day.quantities(other)) == ({"P1": 5}, {"P1": 1})
    assert day.wrong() == []


@pytest.mark.parametrize(("offered", "units"), [(2, {"P1": 6, "P2": 6}), (1, {"P1": 6, "P2": 4})])
def test_a_suppliers_minimum_counts_the_cases_that_are_filled(
    app: Flask, offered: int, units: dict[str, int]
) -> None:
    # A case is ¥30.00 and the minimum ¥50.00: with the case of pears it is reached, without it all is off.
    round_ = by_the_case("P1", "P2", supplier={"min_order_fen": 5000, "minimum_policy": "cancel"})
    order = wanted(round_, building.add_leader(), {"P1": 6, "P2": 4}, P2=offered)
    assert building.close(app, round_).state == "closed"
    assert day.quantities(order) == units
    full = offered == 2
    assert bought(round_) == ({"P1": (6, 6, 0), "P2": (6, 6, 0)} if full else {})
    assert day.stored(order).amount_fen == (12 * 990 if full else 0)
    assert day.wrong() == []


def test_a_round_is_not_prolonged_for_a_minimum_that_filled_cases_reach(app: Flask) -> None:
    terms = {"min_order_fen": 5000, "minimum_policy": "extend"}
    round_ = by_the_case("P1", "P2", supplier=terms, extend_minutes=30, max_extensions=1)
    wanted(round_, building.add_leader(), {"P1": 6, "P2": 4}, P2=2)
    assert building.close(app, round_).state == "closed"


def test_what_was_paid_ahead_leaves_the_rest_to_be_paid_and_freight_becomes_free(app: Flask) -> None:
    round_ = by_the_case("P1", payment="prepaid", freight_fen=500, freight_free_from_fen=5000)
    leader = building.add_leader()
    order, unpaid = (wanted(round_, leader, {"P1": 4}, P1=5) for _ in range(2))
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        owner = wallet(fresh.resident_id)
        ledger.post([Entry(MANUAL, owner, 9000, "test", "1")], at=NOW, actor="test")
        ordering.pay_from_wallet(order=fresh, now=NOW, actor=ACTOR)
    allow(order, P1=2)
    building.close(app, round_)
    # ¥39.60 and ¥5.00 for freight were paid; six cost ¥59.40, and from ¥50.00 on freight is free.
    paid = day.stored(order)
    assert (paid.amount_fen, paid.fee_fen, paid.paid_fen) == (5940, 0, 4460)
    assert (day.stored(unpaid).state, day.quantities(unpaid)) == ("cancelled", {"P1": 4})
    with transaction():
        ordering.pay_from_wallet(order=day.stored(order), now=CLOSES, actor=ACTOR)
    assert day.stored(order).paid_fen == 5940
    assert day.wrong() == []


@settings(max_examples=6)
@given(
    wishes=st.lists(st.tuples(st.integers(1, 7), st.integers(0, 4)), min_size=4, max_size=4),
    in_stock=st.integers(0, 3),
    limit=st.none() | st.integers(28, 36),
    per_buyer=st.none() | st.integers(7, 9),
    prepaid=st.booleans(),
)
def test_whatever_is_named_a_case_is_full_or_every_line_stays(
    app: Flask,
    wishes: list[tuple[int, int]],
    in_stock: int,
    limit: int | None,
    per_buyer: int | None,
    prepaid: bool,
) -> None:
    tag = db.session.query(Round).count()
    product = building.add_product(building.add_supplier(f"S{tag}"), f"P{tag}", keeps=True)
    with transaction():
        fresh = db.session.get_one(Product, product.id)
        day.stock.count(product=fresh, counted=in_stock, seen=0, now=NOW, actor="test")
    terms = {product.code: {"limit_units": limit, "per_buyer_limit": per_buyer}}
    leader, payment = building.add_leader(f"L{tag}"), "prepaid" if prepaid else "to_leader"
    columns = {"surplus_policy": "shortfall", "payment": payment}
    round_ = building.add_round([product], f"C{tag}", offers=terms, **columns)
    orders = []
    for units, more in wishes:
        order = wanted(round_, leader, {product.code: units})
        allow(order, **{product.code: min(more, (per_buyer or 99) - units)})
        with transaction():
            ordering.mark_paid(order=db.session.get_one(Order, order.id), now=NOW, actor=ACTOR)
        orders.append(order)
    building.close(app, round_)
    more = [
        day.quantities(order)[product.code] - units for order, (units, _) in zip(orders, wishes, strict=True)
    ]
    assert all(0 <= got <= offered for got, (_, offered) in zip(more, wishes, strict=True))
    short = sum(found[2] for found in bought(round_).values())
    assert not sum(more) or not short
    stored = [day.stored(order) for order in orders]
    assert [one.amount_fen - one.paid_fen for one in stored] == [got * 990 for got in more]
    assert day.wrong() == []
