"""A round closes: what leaves every figure, what is bought, what leaders earn."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from groupbuy.analytics.report import RoundReport, round_report
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate, Scope, Tier, line_commission
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import closing
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import RuleBroken
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.building import CLOSES, NOW


def shelf(count: int = 2, **columns: object) -> list[Product]:
    supplier = building.add_supplier()
    return [building.add_product(supplier, f"P{number}", **columns) for number in range(1, count + 1)]


def report_of(round_: Round) -> RoundReport:
    db.session.rollback()
    return round_report(db.session.get_one(Round, round_.id, populate_existing=True))


def residents(*leader_codes: str) -> list[Resident]:
    return [building.add_resident(building.add_leader(code)) for code in leader_codes]


def test_a_close_buys_whole_cases_and_books_commissions(app: Flask) -> None:
    products = shelf()
    building.set_commission(Rate(rate_bp=1050))
    anna, berta = residents("L1", "L2")
    round_ = building.add_round(products)
    building.place(round_, anna, {"P1": 5, "P2": 1})
    building.place(round_, berta, {"P1": 4})
    assert building.close(app, round_).state == "closed"
    report = report_of(round_)
    assert (report.orders, report.units, report.amount_fen) == (3 - 1, 10, 9900)
    (supplier,) = report.suppliers
    bought = [(line.cases.ordered, line.cases.cases, line.cases.surplus) for line in supplier.lines]
    assert (supplier.units, supplier.cost_fen, bought) == (18, 9000, [(9, 2, 3), (1, 1, 5)])
    # 10.5 % of 4950 is 519.75, of 990 is 103.95, of 3960 is 415.8: each line is rounded by itself.
    assert [leader.commission_fen for leader in report.leaders] == [520 + 104, 416]


def test_the_preview_before_the_close_equals_what_the_close_books(app: Flask) -> None:
    products = shelf(3)
    building.set_commission(Rate(tiers=(Tier(0, 500), Tier(5000, 1234))))
    building.set_commission(Rate(fixed_fen=33), Scope.PRODUCT, products[2].id)
    round_ = building.add_round(products)
    for resident in residents("L1", "L2"):
        building.place(round_, resident, {"P1": 5 + resident.id, "P3": 2})
    before = report_of(round_)
    building.close(app, round_)
    after = report_of(round_)
    assert (before.leaders, before.suppliers) == (after.leaders, after.suppliers)
    assert all(leader.commission_fen > 66 for leader in after.leaders)


def test_offers_below_their_threshold_leave_every_figure(app: Flask) -> None:
    round_ = building.add_round(shelf(), offers={"P2": {"min_units": 3}})
    both, alone = residents("L1", "L2")
    kept = building.place(round_, both, {"P1": 1, "P2": 1})
    emptied = building.place(round_, alone, {"P2": 1})
    building.close(app, round_)
    report = report_of(round_)
    assert (report.orders, report.units, report.amount_fen) == (1, 1, 990)
    assert [leader.code for leader in report.leaders] == ["L1"]
    assert db.session.get_one(Order, kept.id).amount_fen == 990
    gone = db.session.get_one(Order, emptied.id)
    assert (gone.state, gone.cancel_reason, gone.amount_fen) == ("cancelled", "below_threshold", 0)


def test_an_offer_that_extends_its_round_opens_it_again_once(app: Flask) -> None:
    terms = {"P1": {"min_units": 2, "below_policy": "extend"}}
    round_ = building.add_round(shelf(1), offers=terms, extend_minutes=30, max_extensions=1)
    (resident,) = residents("L1")
    building.place(round_, resident, {"P1": 1})
    extended = building.close(app, round_)
    assert (extended.state, extended.closes_at) == ("open", CLOSES + timedelta(minutes=30))
    building.place(round_, resident, {"P1": 1}, now=CLOSES + timedelta(minutes=29))
    assert building.close(app, round_, now=CLOSES + timedelta(minutes=30)).state == "closed"
    assert report_of(round_).units == 2


def test_a_round_below_its_own_threshold_is_cancelled_with_all_orders(app: Flask) -> None:
    round_ = building.add_round(shelf(1), min_orders=2)
    (resident,) = residents("L1")
    order = building.place(round_, resident, {"P1": 1})
    assert building.close(app, round_).state == "cancelled"
    assert db.session.get_one(Order, order.id).state == "cancelled"
    assert report_of(round_).orders == 0


def test_a_full_round_ends_early(app: Flask) -> None:
    round_ = building.add_round(shelf(1), cap_units=3)
    (resident,) = residents("L1")
    building.place(round_, resident, {"P1": 3})
    assert building.close(app, round_, now=NOW + timedelta(minutes=1)).state == "closed"


def test_unpaid_orders_of_a_prepaid_round_are_not_bought(app: Flask) -> None:
    round_ = building.add_round(shelf(1), payment="prepaid")
    (resident,) = residents("L1")
    building.place(round_, resident, {"P1": 1}, now=CLOSES - timedelta(seconds=1))
    building.close(app, round_)
    assert report_of(round_).suppliers == []


def test_an_order_below_the_suppliers_minimum_is_held(app: Flask) -> None:
    supplier = building.add_supplier(min_order_fen=3001, email="s@example.test")
    round_ = building.add_round([building.add_product(supplier)])
    (resident,) = residents("L1")
    building.place(round_, resident, {"P1": 1})
    building.close(app, round_)
    from_round = purchasing.heads_of_round(round_.id)
    assert [(order.below_minimum, order.held, order.state) for order in from_round] == [(True, True, "draft")]


def test_closing_again_finds_nothing_to_do(app: Flask) -> None:
    round_ = building.add_round(shelf(1))
    (resident,) = residents("L1")
    building.place(round_, resident, {"P1": 1})
    building.close(app, round_)
    before = report_of(round_)
    building.close(app, round_, now=CLOSES + timedelta(days=2))
    with transaction():
        again = closing.close_round(
            round_=db.session.get_one(Round, round_.id), now=CLOSES, zone=building.ZONE
        )
    assert (again, report_of(round_)) == ("not_closing", before)
    assert db.session.query(Job).filter_by(kind="close_round").count() == 1


def test_several_orders_of_one_resident_share_a_bag_with_its_own_code(app: Flask) -> None:
    round_ = building.add_round(shelf())
    (resident,) = residents("L1")
    codes = {building.place(round_, resident, {code: 1}).pickup_code for code in ("P1", "P2")}
    building.close(app, round_)
    (bag,) = db.session.query(Bag).all()
    assert bag.code not in codes


def test_a_closed_round_cannot_be_extended_or_cancelled(app: Flask) -> None:
    round_ = building.add_round(shelf(1))
    building.close(app, round_)
    later = CLOSES + timedelta(hours=1)
    with pytest.raises(RuleBroken), transaction():
        lifecycle.change_cutoff(name=round_.name, closes_at=later, now=CLOSES, actor="test")
    with transaction():
        stored = db.session.get_one(Round, round_.id)
        assert not closing.cancel_round(round_=stored, reason="rain", now=later, actor="test")


def test_cutting_off_now_closes_at_the_next_tick(app: Flask) -> None:
    round_ = building.add_round(shelf(1))
    with transaction():
        lifecycle.change_cutoff(
            name=round_.name, closes_at=NOW - timedelta(hours=1, minutes=-1), now=NOW, actor="x"
        )
    assert building.close(app, round_, now=NOW).state == "closed"


@settings(max_examples=15)
@given(
    rates=st.lists(st.integers(0, 10000), min_size=2, max_size=2),
    prices=st.lists(st.integers(0, 99999), min_size=3, max_size=3),
    quantities=st.lists(st.integers(1, 99), min_size=6, max_size=6),
)
def test_commissions_in_sql_equal_the_rule_line_by_line(
    app: Flask, rates: list[int], prices: list[int], quantities: list[int]
) -> None:
    number = db.session.query(Round).count()
    supplier = building.add_supplier(f"S{number}")
    products = [
        building.add_product(supplier, f"P{number}-{place}", price_fen=price)
        for place, price in enumerate(prices)
    ]
    buyers = residents(f"L{number}a", f"L{number}b")
    for buyer, rate_bp in zip(buyers, rates, strict=True):
        building.set_commission(Rate(rate_bp=rate_bp), Scope.LEADER, buyer.leader_id)
    round_ = building.add_round(products, f"C{number}")
    expected = []
    for buyer, rate_bp, mine in zip(buyers, rates, (quantities[:3], quantities[3:]), strict=True):
        building.place(round_, buyer, {p.code: q for p, q in zip(products, mine, strict=True)})
        shares = [
            line_commission(Rate(rate_bp=rate_bp), amount_fen=p * q, units=q, turnover_fen=0)
            for p, q in zip(prices, mine, strict=True)
        ]
        expected.append(sum(shares))
    building.close(app, round_)
    assert [leader.commission_fen for leader in report_of(round_).leaders] == expected
