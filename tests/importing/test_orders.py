"""Orders from a file: judged by their own moment, in the order in which they were placed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.models import Offer, OfferBuyer, OfferLeader, OfferStock, Round
from groupbuy.catalog.models import Product
from groupbuy.commissions import service as commissions
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows.importing import ImportResult
from groupbuy.kernel.ids import is_order_number, is_pickup_code
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order, OrderLine
from tests.files import NOW, OFFERS, ORDER_COLUMNS, csv_text, faults_of, import_region, import_text

NOON = "2026-11-22 12:00"


def import_orders(*rows: str) -> ImportResult:
    return import_text("orders", "\n".join([ORDER_COLUMNS, *rows]))


def order(ref: str) -> Order:
    return db.session.scalars(select(Order).where(Order.order_ref == ref)).one()


def stock(code: str) -> OfferStock:
    offer = select(Offer.id).join(Product).where(Product.code == code).scalar_subquery()
    return db.session.scalars(select(OfferStock).where(OfferStock.offer_id == offer)).one()


@pytest.fixture
def region(app: Flask) -> Flask:
    import_region()
    return app


def test_an_imported_order_is_confirmed_and_paid_when_it_was_placed(region: Flask) -> None:
    result = import_orders(f"A1,C1,M1,{NOON},P1,2", f"A1,C1,M1,{NOON},P2,3")

    placed = order("A1")
    assert (result.imported, result.created, result.faults) == (2, 2, ())
    assert (placed.state, placed.amount_fen, placed.paid_fen) == ("confirmed", 2 * 499 + 3 * 1200, 4598)
    assert placed.paid_at == placed.placed_at == NOW + timedelta(hours=3)
    assert is_order_number(placed.number)
    assert is_pickup_code(placed.pickup_code)
    assert placed.leader_id == placed.resident.leader_id
    assert (stock("P1").sold, stock("P2").sold) == (2, 3)


def test_an_order_is_taken_by_its_moment_whether_the_round_has_opened_or_not(region: Flask) -> None:
    first, last = "2026-11-22 08:00", "2026-11-22 21:59:59.999999"

    assert import_orders(f"A1,C1,M1,{first},P2,1", f"A2,C1,M1,{last},P2,1").faults == ()


@pytest.mark.parametrize("moment", ["2026-11-22 07:59:59", "2026-11-22 22:00", "2026-11-22T14:00:00Z"])
def test_an_order_outside_the_window_is_refused(region: Flask, moment: str) -> None:
    result = import_orders(f"A1,C1,M1,{moment},P2,1")

    assert faults_of(result) == [(2, "placed_at", "outside_window")]


def test_repeating_a_file_leaves_its_orders_alone(region: Flask) -> None:
    rows = [f"A1,C1,M1,{NOON},P1,2", f"A1,C1,M1,{NOON},P2,3", f"A2,C1,M2,{NOON},P2,1"]
    import_orders(*rows)

    again = import_orders(*reversed(rows))

    assert (again.imported, again.created, again.unchanged, again.faults) == (3, 0, 3, ())
    assert db.session.scalar(select(func.count(OrderLine.id))) == 3
    assert stock("P1").sold == 2


def test_a_file_may_bring_new_orders_beside_those_that_are_stored(region: Flask) -> None:
    import_orders(f"A1,C1,M1,{NOON},P1,2")

    result = import_orders(f"A2,C1,M2,{NOON},P1,1", f"A1,C1,M1,{NOON},P1,2")

    assert (result.created, result.unchanged) == (1, 1)
    assert stock("P1").sold == 3


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([f"A1,C1,M1,{NOON},P1,2", f"A1,C1,M1,{NOON},P2,4"], [3]),
        ([f"A1,C1,M1,{NOON},P1,2"], [2]),
        ([f"A1,C1,M1,{NOON},P1,2", f"A1,C1,M1,{NOON},P2,3", f"A1,C1,M1,{NOON},P3,3"], [4]),
        ([f"A1,C1,M2,{NOON},P1,2", f"A1,C1,M2,{NOON},P2,3"], [2, 3]),
        (["A1,C1,M1,2026-11-22 12:01,P1,2", "A1,C1,M1,2026-11-22 12:01,P2,3"], [2, 3]),
    ],
)
def test_other_content_under_a_stored_order_ref_is_refused(
    region: Flask, rows: list[str], faults: list[int]
) -> None:
    import_orders(f"A1,C1,M1,{NOON},P1,2", f"A1,C1,M1,{NOON},P2,3")

    result = import_orders(*rows)

    assert faults_of(result) == [(row, "order_ref", "already_exists") for row in faults]


def test_rows_of_one_order_agree_in_campaign_resident_and_moment(region: Flask) -> None:
    import_text("offers", OFFERS.replace("C1", "C2"))

    result = import_orders(
        f"A1,C1,M1,{NOON},P1,1",
        f"A1,C2,M1,{NOON},P2,1",
        f"A1,C1,M2,{NOON},P2,1",
        "A1,C1,M1,2026-11-22 12:01,P2,1",
    )

    assert (3, "campaign_code", "inconsistent") in faults_of(result)
    assert (4, "resident_code", "inconsistent") in faults_of(result)
    assert (5, "placed_at", "inconsistent") in faults_of(result)


def test_the_same_product_twice_in_an_order_is_refused_also_rows_apart(region: Flask) -> None:
    result = import_orders(f"A1,C1,M1,{NOON},P1,1", f"A2,C1,M1,{NOON},P1,1", f"A1,C1,M1,{NOON},P1,2")

    assert faults_of(result) == [(4, "product_code", "duplicate")]


def test_what_is_not_stored_or_not_offered_is_refused(region: Flask) -> None:
    result = import_orders(
        f"A1,C9,M1,{NOON},P1,1", f"A2,C1,M9,{NOON},P1,1", f"A3,C1,M1,{NOON},P9,1", f"A4,C1,M1,{NOON},P3,1"
    )

    assert faults_of(result) == [
        (2, "campaign_code", "unknown_reference"),
        (3, "resident_code", "unknown_reference"),
        (4, "product_code", "unknown_reference"),
        (5, "product_code", "unknown_reference"),
    ]


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("", "required"),
        ("0", "out_of_range"),
        ("-1", "out_of_range"),
        ("1000001", "out_of_range"),
        ("9" * 5000, "out_of_range"),
        ("1.5", "not_a_number"),
        ("1e9", "not_a_number"),
        ("NaN", "not_a_number"),
        ("inf", "not_a_number"),
        ("２", "not_a_number"),
        ("2斤", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),
        ('"1,000"', "not_a_number"),
    ],
)
def test_a_quantity_is_a_whole_number_from_one_to_a_million(region: Flask, quantity: str, code: str) -> None:
    result = import_orders(f"A1,C1,M1,{NOON},P2,{quantity}")

    assert faults_of(result) == [(2, "quantity", code)]


def test_a_million_is_taken(region: Flask) -> None:
    assert import_orders(f"A1,C1,M1,{NOON},P2,1000000").faults == ()


def test_the_limit_is_given_out_in_the_order_of_placing_then_of_rows(region: Flask) -> None:
    result = import_orders(
        "A1,C1,M1,2026-11-22 13:00,P1,4",
        "A2,C1,M2,2026-11-22 12:00,P1,4",
        "A3,C1,M3,2026-11-22 13:00,P1,3",
        "A4,C1,M3,2026-11-22 13:00,P1,2",
    )

    assert faults_of(result) == [(4, "quantity", "sold_out")]
    assert stock("P1").sold == 0


def test_a_per_buyer_limit_counts_all_orders_of_a_resident(region: Flask) -> None:
    assert import_orders(f"A1,C1,M1,{NOON},P1,3").faults == ()

    result = import_orders(f"A2,C1,M1,{NOON},P1,2", f"A3,C1,M1,{NOON},P1,1", f"A4,C1,M2,{NOON},P1,4")
    assert faults_of(result) == [(2, "quantity", "limit_reached")]

    assert import_orders(f"A3,C1,M1,{NOON},P1,1", f"A4,C1,M2,{NOON},P1,4").faults == ()
    assert sorted(db.session.scalars(select(OfferBuyer.units))) == [4, 4]


def test_limits_are_judged_beside_other_faults(region: Flask) -> None:
    result = import_orders(f"A1,C1,M1,{NOON},P1,11", f"A2,C1,M2,{NOON},P1,x")

    assert faults_of(result) == [(2, "quantity", "sold_out"), (3, "quantity", "not_a_number")]


def test_a_faulty_line_keeps_everything_out(region: Flask) -> None:
    import_orders(f"A1,C1,M1,{NOON},P1,1", f"A2,C1,M2,{NOON},P1,0")

    assert db.session.scalar(select(func.count(Order.id))) == 0
    assert stock("P1").sold == 0


def test_lines_keep_the_commission_agreed_when_they_were_stored(region: Flask) -> None:
    product = db.session.scalars(select(Product).where(Product.code == "P2")).one()
    with transaction():
        commissions.set_rule(
            scope=Scope.PRODUCT, target_id=product.id, rate=Rate(fixed_fen=30), now=NOW, actor="test"
        )
        commissions.set_rule(scope=Scope.DEFAULT, rate=Rate(rate_bp=500), now=NOW, actor="test")

    import_orders(f"A1,C1,M1,{NOON},P1,1", f"A1,C1,M1,{NOON},P2,1", f"A2,C1,M3,{NOON},P1,1")

    terms = [(line.rate_bp, line.fixed_fen) for line in (*order("A1").lines, *order("A2").lines)]
    assert terms == [(800, 0), (0, 30), (500, 0)]


def test_a_leader_with_a_price_of_its_own_sells_for_it(region: Flask) -> None:
    offer = db.session.scalars(select(Offer).join(Product).where(Product.code == "P2")).one()
    leaders = {leader.code: leader.id for leader in db.session.scalars(select(Leader))}
    with transaction():
        db.session.add(OfferLeader(offer_id=offer.id, leader_id=leaders["L1"], price_fen=1111))
        db.session.add(OfferLeader(offer_id=offer.id, leader_id=leaders["L2"], offered=False))

    result = import_orders(f"A1,C1,M1,{NOON},P2,1", f"A2,C1,M3,{NOON},P2,1")
    assert faults_of(result) == [(3, "product_code", "unknown_reference")]

    import_orders(f"A1,C1,M1,{NOON},P2,1")
    assert order("A1").amount_fen == 1111


def test_pickup_codes_differ_at_every_pickup_point(region: Flask) -> None:
    rows = [(f"A{n}", "C1", f"M{n % 3 + 1}", NOON, "P2", 1) for n in range(500)]

    import_text("orders", csv_text(ORDER_COLUMNS, rows))

    pairs = db.session.execute(select(Order.leader_id, Order.pickup_code)).all()
    assert len(set(pairs)) == 500


def test_changing_an_offer_leaves_orders_with_the_version_they_agreed_to(region: Flask) -> None:
    import_orders(f"A1,C1,M1,{NOON},P2,1")

    import_text("offers", OFFERS.replace("P2,12,", "P2,13,"))

    assert order("A1").lines[0].offer_version.price_fen == 1200
    assert db.session.scalars(select(Round)).one().version == 1
