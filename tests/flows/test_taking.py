"""The quick way to place an order gives what the long way gives, and leaves no trace when it does not fit."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.campaigns.models import OfferBuyer, OfferStock, Round
from groupbuy.commissions.rules import Rate, Scope, Tier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering, taking
from groupbuy.flows.ordering import Wish
from groupbuy.flows.taking import BRIEF, QUICK
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders import brief, quick
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.queries import view_of
from groupbuy.orders.quick import QuickOrder
from tests import building
from tests.building import ACTOR, CLOSES, NOW, OPENS

WITHIN = timedelta(minutes=15)
OFFERS: dict[str, dict[str, Any]] = {
    "P1": {"limit_units": 7},
    "P2": {"per_buyer_limit": 3},
    "P3": {"min_order_qty": 2, "multiple": 2, "limit_units": 9, "per_buyer_limit": 4},
    "P4": {"leader_picks": True},
}
MOMENTS = (NOW, NOW, NOW, OPENS - timedelta(seconds=1), CLOSES)

wishes = st.lists(
    st.tuples(st.sampled_from(["P1", "P2", "P3", "P3", "P4", "P9"]), st.integers(0, 5)),
    min_size=1,
    max_size=3,
)


def two_equal_rounds(payment: str) -> list[str]:
    """Return the names of two rounds that sell the same, with rates from several scopes."""
    if not db.session.scalar(select(Round.id).limit(1)):
        supplier = building.add_supplier()
        for code in ("P1", "P2", "P3", "P4"):
            building.add_product(supplier, code)
        for leader in ("L1", "L2"):
            building.add_resident(building.add_leader(leader))
        building.set_commission(Rate(rate_bp=700))
        building.set_commission(Rate(fixed_fen=25), Scope.PRODUCT, 1)
        building.set_commission(Rate(tiers=(Tier(0, 300),)), Scope.LEADER, 2)
    products = db.session.scalars(select(building.Product).order_by(building.Product.id)).all()
    number = db.session.query(Round).count()
    names = [f"C{number}", f"C{number + 1}"]
    for name in names:
        building.add_round(products, name, offers=OFFERS, payment=payment)
    return names


def taken(name: str, resident_id: int, asked: list[Wish], now: datetime) -> Any:
    return taking.take_order(
        round_name=name,
        resident_id=resident_id,
        wishes=asked,
        now=now,
        actor=ACTOR,
        pay_within=WITHIN,
        remark="r",
    )


def placed(name: str, resident_id: int, asked: list[Wish], now: datetime) -> Any:
    order = ordering.place_order(
        round_=taking.get_round(name),
        resident=taking.get_resident_by_id(resident_id),
        wishes=asked,
        now=now,
        actor=ACTOR,
        pay_within=WITHIN,
        remark="r",
    )
    return view_of(order)


def outcome(way: Any, name: str, resident_id: int, asked: list[Wish], now: datetime) -> Any:
    """Return what can be compared of an order, or how it was refused."""
    try:
        with transaction():
            view = way(name, resident_id, asked, now)
    except GroupbuyError as error:
        return error.code, error.param, str(error)
    lines = [(line.product_code, line.name, line.quantity, line.amount_fen) for line in view.lines]
    return view.state, view.amount_fen, view.remark, view.placed_at, view.expires_at, view.leader_code, lines


def stored(name: str) -> Any:
    """Return a round's stock, shares and lines as they are stored."""
    db.session.rollback()
    round_id = taking.get_round(name).id
    offers = select(building.db.metadata.tables["offer"].c.id).filter_by(round_id=round_id)
    stock = select(OfferStock.sold).where(OfferStock.offer_id.in_(offers)).order_by(OfferStock.offer_id)
    shares = select(OfferBuyer.resident_id, OfferBuyer.units).where(OfferBuyer.offer_id.in_(offers))
    lines = (
        select(OrderLine.quantity, OrderLine.rate_bp, OrderLine.fixed_fen, OrderLine.rule_id)
        .join(Order)
        .where(Order.round_id == round_id)
        .order_by(OrderLine.id)
    )
    shares = shares.where(OfferBuyer.units > 0).order_by(OfferBuyer.offer_id, OfferBuyer.resident_id)
    return [db.session.execute(statement).all() for statement in (stock, shares, lines)]


@settings(max_examples=25)
@given(
    payment=st.sampled_from(["to_leader", "prepaid"]),
    asked=st.lists(st.tuples(st.integers(1, 2), wishes, st.sampled_from(MOMENTS)), min_size=1, max_size=6),
)
def test_both_ways_give_the_same_orders_and_the_same_refusals(app: Flask, payment: str, asked: Any) -> None:
    quick, long = two_equal_rounds(payment)
    for resident_id, lines, now in asked:
        wanted = [Wish(code, quantity) for code, quantity in lines]
        answers = [
            outcome(way, name, resident_id, wanted, now) for way, name in ((taken, quick), (placed, long))
        ]
        assert answers[0] == answers[1]
    assert stored(quick) == stored(long)


@pytest.mark.usefixtures("app")
def test_an_unknown_round_and_an_unknown_resident_are_not_found() -> None:
    name, _ = two_equal_rounds("to_leader")
    for where, who in (("NONE", 1), (name, 99)):
        with pytest.raises(GroupbuyError) as caught, transaction():
            taken(where, who, [Wish("P1", 1)], NOW)
        assert caught.value.status == 404


@pytest.mark.usefixtures("app")
def test_an_order_that_fits_goes_the_quick_way(database_kind: str) -> None:
    name, _ = two_equal_rounds("to_leader")
    asked = QuickOrder(name, 1, ["P1", "P2"], [1, 2], NOW, NOW + WITHIN, None, ACTOR.name, None, "key")
    with transaction():
        quickly = brief.place(asked, BRIEF) if database_kind == "sqlite" else quick.place(asked, QUICK)
    assert quickly is not None
    assert view_of(db.session.scalars(select(Order)).one()) == quickly
