"""A leader's own products and prices over the API."""

from typing import Any

import pytest

from tests.api.conftest import Town

TERMS = "/campaigns/DAILY/leaders/L1/terms"
PICKS = "/leaders/L1/picks/DAILY"


@pytest.fixture
def daily(town: Town) -> Town:
    """Return the town with a daily campaign of whose products leaders choose the second."""
    offers = [
        {"product_code": "P1", "price_fen": 990},
        {"product_code": "P2", "price_fen": 1990, "leader_picks": True},
    ]
    plan = {"name": "每日鲜", "recurrence": {"kind": "daily", "start": "2026-11-23"}, "offers": offers}
    operator = town.staff()
    assert operator.post("/campaigns", plan | {"code": "DAILY"}).status_code == 201
    assert operator.post("/campaigns/DAILY/publish").status_code == 200
    return town


def products(answer: Any) -> dict[str, tuple[int, bool]]:
    """Return prices and whether they are offered, by product."""
    assert answer.status_code == 200, answer.json
    return {row["product_code"]: (row["price_fen"], row["offered"]) for row in answer.json["products"]}


def test_an_operator_sets_prices_and_a_leader_picks_under_them(daily: Town) -> None:
    operator, head = daily.staff(), daily.head
    version = operator.get(TERMS).json["version"]
    wish = {"version": version, "terms": [{"product_code": "P2", "price_fen": 1500}]}
    assert products(operator.ask("PUT", TERMS, wish)) == {"P1": (990, True), "P2": (1500, False)}
    version = head.get(PICKS).json["version"]
    picked = head.ask("PUT", PICKS, {"version": version, "product_codes": ["P2"]})
    assert products(picked) == {"P1": (990, True), "P2": (1500, True)}
    assert operator.ask("PUT", TERMS, wish).json["error"]["code"] == "changed_meanwhile"


def test_a_leader_cannot_send_a_price(daily: Town) -> None:
    version = daily.head.get(PICKS).json["version"]
    body = {"version": version, "product_codes": ["P2"], "price_fen": 1}
    assert daily.head.ask("PUT", PICKS, body).status_code == 422
    assert daily.head.ask("PUT", TERMS, {"version": version, "terms": []}).status_code == 403


def test_a_leader_sees_where_it_may_pick(daily: Town) -> None:
    answer = daily.head.get("/leaders/L1/picks")
    assert answer.json == {"items": [{"campaign": "DAILY", "name": "每日鲜"}]}


def test_a_product_twice_or_unknown_is_refused(daily: Town) -> None:
    operator = daily.staff()
    version = operator.get(TERMS).json["version"]
    for terms in ([{"product_code": "P1"}] * 2, [{"product_code": "P9"}]):
        assert operator.ask("PUT", TERMS, {"version": version, "terms": terms}).status_code == 422
