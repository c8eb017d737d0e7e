"""Too little came: who goes without, and everything that follows, to the unit and the fen."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.analytics.report import as_json, round_report
from groupbuy.campaigns.models import Offer, Round
from groupbuy.commissions.models import CommissionEntry
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting
from groupbuy.flows.telling import shortage_key
from groupbuy.kernel.errors import RuleBroken
from groupbuy.messaging.service import notes_of
from groupbuy.orders import by_leader
from groupbuy.orders.models import LineChange, Order
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import claiming
from groupbuy.warehouse.rules import Policy, allocate
from tests import building
from tests.warehouse import day


class Short:
    """A closed round of P1 at ¥9.90 and P2 at ¥20.00: Anna and Berta of leader 1, Clara of leader 2.

    Anna wants 5 of P1 and 1 of P2, Berta 2 of P1, Clara 3 of P1; each earns the leader 10.5 %.
    """

    def __init__(self, app: Flask) -> None:
        supplier = building.add_supplier()
        goods = [building.add_product(supplier, "P1"), building.add_product(supplier, "P2", price_fen=2000)]
        building.set_commission(Rate(rate_bp=1050))
        leaders = [building.add_leader("L1"), building.add_leader("L2")]
        self.round = building.add_round(goods)
        wants = [("安娜", 0, {"P1": 5, "P2": 1}), ("贝塔", 0, {"P1": 2}), ("克拉拉", 1, {"P1": 3})]
        self.orders = [
            building.place(
                self.round,
                building.add_resident(leaders[leader], name),
                quantities,
                now=building.NOW + timedelta(minutes=minute),
            )
            for minute, (name, leader, quantities) in enumerate(wants)
        ]
        building.close(app, self.round)
        self.before = self.report()

    @property
    def purchase_order(self) -> PurchaseOrder:
        return day.order_of(self.round)

    def report(self) -> dict[str, object]:
        db.session.rollback()
        return as_json(round_report(db.session.get_one(Round, self.round.id, populate_existing=True)))

    def p1(self) -> list[int]:
        return [day.quantities(order)["P1"] for order in self.orders]


@pytest.fixture
def short(app: Flask) -> Short:
    """Return a round of which 6 of the 10 ordered P1 came, and all of P2."""
    short = Short(app)
    day.receive(short.purchase_order.number, {"P1": 8, "P2": 6}, rejected={"P1": 2}, last=True)
    return short


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.FIRST_COME, [5, 1, 0]),
        (Policy.PRO_RATA, [3, 1, 2]),
        (Policy.EQUAL_PER_LEADER, [3, 0, 3]),
        # Baskets ¥69.50, ¥19.80, ¥29.70: the first unit costs Anna 14.2 %, Berta 50 %, Clara 33.3 %;
        # Anna loses two (28.5 %), then Clara one (33.3 %), then Anna a third (42.7 %).
        (Policy.FAIR_BY_MONEY, [2, 2, 2]),
    ],
)
def test_each_policy_by_hand(short: Short, policy: Policy, expected: list[int]) -> None:
    done = day.share_out(short.round, policy)
    assert done is not None
    assert (done.offers, done.units, done.amount_fen) == (1, 4, 4 * 990)
    assert short.p1() == expected
    assert day.wrong() == []


def test_orders_commission_and_report_follow_to_the_fen(short: Short) -> None:
    day.share_out(short.round, Policy.FIRST_COME)
    anna, berta, clara = map(day.stored, short.orders)
    assert (anna.amount_fen, berta.amount_fen) == (5 * 990 + 2000, 990)
    assert (clara.state, clara.cancel_reason, clara.amount_fen) == ("cancelled", "shortage", 0)
    assert clara.paid_fen == 0
    lost = db.session.scalars(select(LineChange).order_by(LineChange.id)).all()
    assert [(one.kind, one.units, one.amount_fen) for one in lost] == [
        ("shortage", 1, 990),
        ("shortage", 3, 2970),
    ]
    rows = db.session.scalars(
        select(CommissionEntry).where(CommissionEntry.kind == "shortage").order_by(CommissionEntry.id)
    ).all()
    # Berta's line gave half up of 207.9 = 208 and gives half up of 103.95 = 104; Clara's gave 312 of 311.85.
    assert [(row.base_fen, row.amount_fen) for row in rows] == [(-990, 104 - 208), (-2970, 0 - 312)]
    # What was ordered at the close stays what was ordered.
    after = short.report()
    assert {**after, "state": ""} == {**short.before, "state": ""}
    assert after["units"] == 11


def test_sheets_show_what_will_be_delivered(short: Short) -> None:
    day.share_out(short.round, Policy.FIRST_COME)
    ids = [leader.id for leader in by_leader.leaders_with_orders(short.round.id)]
    orders = [order for _, theirs in by_leader.live_orders(short.round.id, ids) for order in theirs]
    assert [[line.units for line in order.lines] for order in orders] == [[5, 1], [1]]


def test_each_resident_who_loses_something_is_told_once(short: Short) -> None:
    done = day.share_out(short.round, Policy.FIRST_COME)
    assert done is not None
    assert day.share_out(short.round, Policy.FIRST_COME) is None
    texts = [
        [
            note.body
            for note in notes_of([shortage_key(f"allocation:{done.allocation_id}", order.resident_id)])
        ]
        for order in short.orders
    ]
    assert texts == [
        [],
        ["商品P1 缺 1 件。共少收 ¥9.90，已付的将退还。"],
        ["商品P1 缺 3 件。共少收 ¥29.70，已付的将退还。"],
    ]


def test_a_second_allocation_finds_nothing_to_do(short: Short) -> None:
    assert day.share_out(short.round, Policy.PRO_RATA) is not None
    assert day.share_out(short.round, Policy.FIRST_COME) is None
    assert short.p1() == [3, 1, 2]


def test_nothing_is_shared_out_while_more_may_come(app: Flask) -> None:
    short = Short(app)
    day.receive(short.purchase_order.number, {"P1": 6, "P2": 6})
    with pytest.raises(RuleBroken) as refused:
        day.share_out(short.round, Policy.PRO_RATA)
    assert refused.value.code == "not_received"
    assert short.p1() == [5, 2, 3]


def test_what_was_handed_out_is_not_taken_back(app: Flask) -> None:
    short = Short(app)
    clara = short.orders[2]
    with transaction():
        collecting.verify_pickup(
            code=clara.pickup_code, leader_ids=[clara.leader_id], now=day.ARRIVES, actor=day.ACTOR
        )
    day.receive(short.purchase_order.number, {"P1": 6, "P2": 6}, last=True)
    day.share_out(short.round, Policy.FIRST_COME)
    # Clara has her three; of the other three all are Anna's, who came first.
    assert short.p1() == [3, 0, 3]
    assert day.wrong() == []


def test_an_order_never_delivered_leaves_its_goods_to_nobody(app: Flask) -> None:
    short = Short(app)
    with transaction():
        day.receiving.close_rest(number=short.purchase_order.number, now=day.ARRIVES, actor=day.ACTOR)
    done = day.share_out(short.round, Policy.EQUAL_PER_LEADER)
    assert done is not None
    assert (done.units, done.orders, done.cancelled) == (11, 3, 3)
    assert {db.session.get_one(Order, order.id).state for order in short.orders} == {"cancelled"}
    assert day.wrong() == []


@settings(max_examples=6)
@given(st.data())
def test_reading_only_who_came_too_late_gives_what_reading_everybody_gives(
    app: Flask, data: st.DataObject
) -> None:
    tag = db.session.query(Round).count()
    supplier, leader = building.add_supplier(f"S{tag}"), building.add_leader(f"L{tag}")
    codes = [f"P{tag}-{place}" for place in range(2)]
    round_ = building.add_round([building.add_product(supplier, code) for code in codes], f"C{tag}")
    buyer = st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(0, 2))
    for first, second, minute in data.draw(st.lists(buyer, min_size=1, max_size=5), label="buyers"):
        wanted = {code: units for code, units in zip(codes, (first, second), strict=True) if units}
        moment = building.NOW + timedelta(minutes=minute)
        building.place(round_, building.add_resident(leader), wanted, now=moment)
    building.close(app, round_)
    everybody = dict(
        claiming.claims_of(db.session.scalars(select(Offer.id).where(Offer.round_id == round_.id)).all())
    )
    there = {offer_id: data.draw(st.integers(0, 20), label="there") for offer_id in everybody}
    whole, late = (
        {
            claim.line_id: claim.units - got[claim.line_id]
            for offer_id, (claims, units) in read.items()
            for got in [allocate(Policy.FIRST_COME, claims, units, {})]
            for claim in claims
            if got[claim.line_id] < claim.units
        }
        for read in (
            {offer_id: (claims, there[offer_id]) for offer_id, claims in everybody.items()},
            {offer_id: (claims, left) for offer_id, claims, left in claiming.late_claims_of(there)},
        )
    )
    assert late == whole
