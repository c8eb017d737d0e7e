"""A purchase below its supplier's minimum: held, cancelled, waited for, or topped up, as was chosen before.

P1 costs ¥5.00 and P2 ¥2.00 in cases of 6, so a case is ¥30.00 and ¥12.00; the minimum is ¥100.00.
"""

from datetime import timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns.models import Offer, Round
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.rules import CaseRounding, round_to_cases, top_up, with_cases
from tests import building
from tests.warehouse import day

MINIMUM = 10_000


def small_round(policy: str, *, keeps: bool = True, **columns: object) -> tuple[Round, Order]:
    """Return an open round in which 4 of P1 and 7 of P2 are ordered and paid: ¥54.00 to be bought."""
    supplier = building.add_supplier(min_order_fen=MINIMUM, minimum_policy=policy)
    products = [
        building.add_product(supplier, "P1"),
        building.add_product(supplier, "P2", cost_fen=200, price_fen=500, keeps=keeps),
        building.add_product(building.add_supplier("S2"), "P3"),
    ]
    round_ = building.add_round(products, **columns)
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 4, "P2": 7, "P3": 1})
    with transaction():
        ordering.mark_paid(order=db.session.get_one(Order, order.id), now=building.NOW, actor=day.ACTOR)
    return round_, order


def bought(round_: Round) -> dict[str, tuple[str, int, int]]:
    """Return state, units and cost of each supplier's order."""
    db.session.rollback()
    heads = purchasing.heads_of_round(round_.id)
    return {one.supplier.code: (one.state, one.units, one.cost_fen) for one in heads}


def test_it_is_held_for_a_decision_unless_chosen_otherwise(app: Flask) -> None:
    round_, _ = small_round("hold")
    building.close(app, round_)
    assert bought(round_) == {"S1": ("draft", 18, 5400), "S2": ("approved", 6, 3000)}


def test_its_goods_are_cancelled_and_owed_back(app: Flask) -> None:
    round_, order = small_round("cancel")
    assert building.close(app, round_).state == "closed"
    assert bought(round_) == {"S2": ("approved", 6, 3000)}
    # Of ¥9.90 × 4 + ¥5.00 × 7 + ¥9.90 only the last is delivered.
    stored = day.stored(order)
    assert (stored.amount_fen, stored.paid_fen - stored.amount_fen) == (990, 4 * 990 + 7 * 500)
    states = db.session.query(Offer.state).order_by(Offer.id).all()
    assert [state for (state,) in states] == ["below_threshold", "below_threshold", "active"]
    assert day.wrong() == []


def test_what_lies_whole_in_stock_is_not_cancelled(app: Flask) -> None:
    round_, order = small_round("cancel")
    with transaction():
        product = db.session.query(Product).filter_by(code="P2").one()
        day.stock.count(product=product, counted=7, seen=0, now=building.NOW, actor="test")
    building.close(app, round_)
    assert day.quantities(order) == {"P1": 4, "P2": 7, "P3": 1}
    assert day.stored(order).amount_fen == 7 * 500 + 990
    assert day.wrong() == []


def test_the_round_waits_for_more_and_then_a_person_decides(app: Flask) -> None:
    round_, _ = small_round("extend", extend_minutes=60, max_extensions=1)
    first = building.close(app, round_)
    assert (first.state, first.closes_at) == ("open", building.CLOSES + timedelta(hours=1))
    building.close(app, round_, building.CLOSES + timedelta(hours=1))
    assert bought(round_)["S1"] == ("draft", 18, 5400)


def test_it_is_topped_up_with_what_keeps_and_the_rest_goes_into_stock(app: Flask) -> None:
    round_, _ = small_round("top_up")
    building.close(app, round_)
    # ¥46.00 are missing: 4 cases of P2 are ¥48.00. In all 1 case of P1 and 6 of P2.
    assert bought(round_)["S1"] == ("approved", 6 + 36, 3000 + 7200)
    number = purchasing.heads_of_round(round_.id)[0].number
    day.receive(number, {"P1": 6, "P2": 36})
    products = db.session.query(Product).order_by(Product.code).all()
    assert [day.in_stock(one) for one in products[:2]] == [2, 29]
    assert day.wrong() == []


def test_nothing_is_topped_up_with_what_does_not_keep(app: Flask) -> None:
    round_, _ = small_round("top_up", keeps=False)
    building.close(app, round_)
    assert bought(round_)["S1"] == ("draft", 18, 5400)
    assert db.session.query(Supplier.minimum_policy).filter_by(code="S1").scalar() == "top_up"


@given(
    ordered=st.integers(1, 500),
    free=st.integers(0, 300),
    size=st.integers(1, 24),
    policy=st.sampled_from(("surplus", "shortfall")),
    cases=st.integers(0, 20),
)
def test_more_cases_keep_the_balance(ordered: int, free: int, size: int, policy: str, cases: int) -> None:
    plain = round_to_cases(ordered=ordered, free_stock=free, case_size=size, policy=policy)
    filled: CaseRounding = with_cases(plain, cases)
    assert filled.ordered + filled.surplus == filled.from_stock + filled.purchased + filled.shortfall
    assert filled.purchased == filled.cases * filled.case_size == plain.purchased + cases * size
    assert min(filled.surplus, filled.shortfall) == 0


@given(missing=st.integers(1, 10**7), costs=st.lists(st.one_of(st.none(), st.integers(1, 10**5)), max_size=6))
def test_topping_up_reaches_the_minimum_with_the_least_too_much(
    missing: int, costs: list[int | None]
) -> None:
    chosen = top_up(missing, costs)
    if chosen is None:
        assert not any(costs)
        return
    place, cases = chosen
    price = costs[place]
    assert price is not None
    assert missing <= cases * price < missing + price
    assert all(cases * price <= -(-missing // one) * one for one in costs if one)
