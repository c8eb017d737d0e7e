"""Offers: a campaign of the file has one round, which may change until it opens."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Campaign, Offer, OfferBuyer, OfferStock, OfferVersion, Round
from groupbuy.campaigns.queries import get_round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows.importing import ImportResult
from tests.files import NOW, OFFERS, ORDER_COLUMNS, PRODUCTS, faults_of, import_region, import_text

HEADER, P1, P2 = OFFERS.splitlines()


@pytest.fixture
def region(app: Flask) -> Flask:
    import_region()
    return app


def offers(*rows: str) -> ImportResult:
    return import_text("offers", "\n".join([HEADER, *rows]))


def order(ref: str, resident: str, units: int) -> ImportResult:
    return import_text("orders", f"{ORDER_COLUMNS}\n{ref},C1,{resident},2026-11-22 12:00,P1,{units}\n")


def offer(code: str) -> Offer:
    return db.session.scalars(select(Offer).join(Product).where(Product.code == code)).one()


def versions(code: str) -> list[tuple[int, int, int]]:
    of_offer = (
        select(OfferVersion).where(OfferVersion.offer_id == offer(code).id).order_by(OfferVersion.number)
    )
    return [(v.number, v.price_fen, v.cost_fen) for v in db.session.scalars(of_offer)]


def stock_of(code: str) -> OfferStock:
    return db.session.get_one(OfferStock, offer(code).id)


def open_round() -> None:
    with transaction():
        assert lifecycle.open_round(round_=get_round("C1"), now=NOW, actor="test")


def test_an_imported_campaign_is_published_and_has_one_scheduled_round(region: Flask) -> None:
    campaign, round_ = db.session.scalars(select(Campaign)).one(), get_round("C1")

    assert (campaign.state, campaign.recurrence, campaign.name) == ("published", None, "周日团")
    assert (round_.state, round_.title, round_.payment) == ("scheduled", "周日团", "to_leader")
    assert (round_.surplus_policy, round_.all_leaders) == ("surplus", True)
    assert round_.opens_at == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
    assert round_.closes_at == datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    assert round_.pickup_date == date(2026, 11, 23)


def test_an_offer_keeps_its_limits_and_a_snapshot_of_the_product(region: Flask) -> None:
    assert versions("P1") == [(1, 499, 350)]
    assert (stock_of("P1").limit_units, offer("P1").per_buyer_limit, offer("P1").min_units) == (10, 4, None)
    assert (stock_of("P2").limit_units, offer("P2").per_buyer_limit) == (None, None)


def test_midnight_may_be_written_as_24_00_and_moments_with_an_offset(region: Flask) -> None:
    offers("C2,夜,2026-11-22T00:00:00Z,2026-11-22 24:00,2026-11-23 00:00:00,P1,1,,,")

    round_ = get_round("C2")
    assert round_.closes_at == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert round_.pickup_date == date(2026, 11, 23)


def test_a_changed_price_makes_a_new_version_and_keeps_the_old_one(region: Flask) -> None:
    result = offers(P1.replace("4.99", "5.05"), P2)

    assert (result.updated, result.unchanged) == (1, 1)
    assert versions("P1") == [(1, 499, 350), (2, 505, 350)]
    assert offer("P1").version_no == 2


def test_changed_limits_need_no_new_version(region: Flask) -> None:
    result = offers(P1.replace(",10,4,", ",20,5,8"))

    assert result.updated == 1
    assert len(versions("P1")) == 1
    assert (stock_of("P1").limit_units, offer("P1").per_buyer_limit, offer("P1").min_units) == (20, 5, 8)


def test_a_changed_product_leaves_the_offer_until_the_offers_come_again(region: Flask) -> None:
    import_text("products", PRODUCTS.replace("3.50", "3.80"))
    assert versions("P1") == [(1, 499, 350)]

    assert offers(P1).updated == 1
    assert versions("P1") == [(1, 499, 350), (2, 499, 380)]


def test_a_changed_window_moves_the_round(region: Flask) -> None:
    result = offers(*(row.replace("22:00", "23:00").replace("周日团", "夜团") for row in (P1, P2)))

    assert result.updated == 2
    assert get_round("C1").closes_at == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert db.session.scalars(select(Campaign)).one().name == get_round("C1").title == "夜团"


def test_a_further_offer_joins_a_round_that_has_not_opened(region: Flask) -> None:
    result = offers(P2.replace("P2,12", "P3,20"))

    assert result.created == 1
    assert db.session.scalar(select(func.count(Offer.id))) == 3


@pytest.mark.parametrize(
    "change",
    [("P2,12", "P3,20"), ("P2,12", "P2,13"), (",,,", ",5,,"), ("周日团", "夜团"), ("22:00", "23:00")],
)
def test_nothing_changes_once_the_round_has_opened(region: Flask, change: tuple[str, str]) -> None:
    open_round()

    result = offers(P2.replace(*change))

    assert faults_of(result) == [(2, "campaign_code", "round_closed")]


def test_the_same_file_is_unchanged_in_an_open_round_whatever_became_of_the_product(region: Flask) -> None:
    open_round()
    import_text("products", PRODUCTS.replace("3.50", "3.80"))

    assert offers(P1, P2).unchanged == 2
    assert versions("P1") == [(1, 499, 350)]


def test_a_limit_is_not_set_below_what_is_sold(region: Flask) -> None:
    order("A1", "M1", 3)

    assert faults_of(offers(P1.replace(",10,4,", ",2,4,"))) == [(2, "limit_units", "out_of_range")]
    assert offers(P1.replace(",10,4,", ",3,4,")).updated == 1


def test_a_limit_per_buyer_set_later_counts_what_was_bought_before(region: Flask) -> None:
    offers(P1.replace(",10,4,", ",10,,"))
    order("A1", "M1", 3)

    offers(P1)

    assert faults_of(order("A2", "M1", 2)) == [(2, "quantity", "limit_reached")]
    assert order("A3", "M1", 1).faults == ()
    assert db.session.scalars(select(OfferBuyer.units)).all() == [4]


def test_rows_of_a_campaign_that_differ_are_inconsistent(region: Flask) -> None:
    other = "C5,别名,2026-11-22 09:00,2026-11-22 23:00,2026-11-24,P2,12,,,"

    result = offers("C5,团,2026-11-22 08:00,2026-11-22 22:00,2026-11-23,P1,1,,,", other)

    assert faults_of(result) == [
        (3, column, "inconsistent") for column in ("campaign_name", "closes_at", "opens_at", "pickup_date")
    ]


def test_a_product_is_offered_once_in_a_campaign(region: Flask) -> None:
    assert faults_of(offers(P1, P2, P1)) == [(4, "product_code", "duplicate")]


@pytest.mark.parametrize(
    ("old", "new", "column", "code"),
    [
        ("C1,", "C 1,", "campaign_code", "out_of_range"),
        ("C1,", "..,", "campaign_code", "out_of_range"),
        ("C1,", "团1,", "campaign_code", "out_of_range"),
        ("C1,", ",", "campaign_code", "required"),
        ("11-22 08:00", "11-22", "opens_at", "out_of_range"),
        ("2026-11-22 08:00", "tomorrow", "opens_at", "not_a_number"),
        ("11-22 22:00", "11-31 22:00", "closes_at", "out_of_range"),
        ("11-22 22:00", "11-22 25:00", "closes_at", "out_of_range"),
        ("11-22 22:00", "11-22 08:00", "closes_at", "out_of_range"),
        ("2026-11-23", "23.11.2026", "pickup_date", "not_a_number"),
        ("2026-11-23", "2026-13-01", "pickup_date", "out_of_range"),
        (",P2,", ",P9,", "product_code", "unknown_reference"),
        ("P2,12,", "P2,12.345,", "price_yuan", "out_of_range"),
        ("P2,12,", "P2,-1,", "price_yuan", "out_of_range"),
        ("P2,12,", "P2,１２,", "price_yuan", "not_a_number"),
        ("P2,12,,", "P2,12,-1,", "limit_units", "out_of_range"),
        ("P2,12,,", "P2,12,many,", "limit_units", "not_a_number"),
        ("P2,12,,", f"P2,12,{'9' * 5000},", "limit_units", "out_of_range"),
    ],
)
def test_a_faulty_cell_is_named(region: Flask, old: str, new: str, column: str, code: str) -> None:
    result = offers(P2.replace(old, new, 1))

    assert faults_of(result) == [(2, column, code)]


def test_a_code_of_a_campaign_planned_by_hand_is_not_taken_over(region: Flask) -> None:
    with transaction():
        db.session.add(Campaign(code="PLAN", name="每日团", recurrence={"kind": "daily"}, created_at=NOW))

    result = offers(P2.replace("C1,", "PLAN,"))

    assert faults_of(result) == [(2, "campaign_code", "already_exists")]


def test_several_campaigns_come_in_one_file(region: Flask) -> None:
    result = offers(*(P2.replace("C1,", f"D{n},") for n in range(5)), P1)

    assert (result.created, result.unchanged) == (5, 1)
    assert db.session.scalar(select(func.count(Round.id))) == 6


def test_orders_of_a_closing_round_are_too_late_but_stored_ones_stay_unchanged(region: Flask) -> None:
    order("A1", "M1", 1)
    with transaction():
        assert lifecycle.seal_round(round_=get_round("C1"), now=NOW + timedelta(days=1), actor="test")

    assert faults_of(order("A2", "M1", 1)) == [(2, "campaign_code", "round_closed")]
    assert order("A1", "M1", 1).unchanged == 1
    assert faults_of(order("A1", "M1", 2)) == [(2, "order_ref", "already_exists")]
