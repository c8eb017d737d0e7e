"""Business: quantities that are none, however they come in."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.building import place
from tests.files import csv_text, import_text
from tests.security.test_pages import contents
from tests.security.town import Town

NO_QUANTITY = ("0", "-1", "1000000000", "1.5", "1e3", "NaN", "inf", "٣", "२", "²", "true", "1 000", "0x1", "")


def send(browser: FlaskClient, path: str, field: str, **more: str) -> Callable[[str], int]:
    """Return a function that sends a form with a quantity and gives the status."""
    return lambda text: browser.post(path, data={field: text, "go": "1", **more}).status_code


@pytest.mark.check(30)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_form_takes_what_is_no_quantity(town: Town, database_kind: str) -> None:
    offer, order = town.facts["offer"], town.facts["order"]
    forms = {
        "a resident's order": send(town.browser("resident"), "/cart", f"q{offer}", **{f"p{offer}": "990"}),
        "a leader for a resident": send(
            town.browser("leader"), f"/leader/rounds/C1/order/{town.facts['resident']}", f"q{offer}"
        ),
        "an operator's change": send(
            town.browser("operator"),
            f"/admin/orders/{order}/change",
            "lines-0-quantity",
            **{"lines-0-code": "P1"},
        ),
    }
    before = orders(contents())
    for name, form in forms.items():
        for text in NO_QUANTITY:
            assert form(text) < 500, (name, text)
            assert orders(contents()) == before, (name, text)


def orders(tables: dict[str, list[Any]]) -> list[Any]:
    """Return what orders have taken; carts may keep that nothing is wanted."""
    return [tables[name] for name in ("order", "order_line", "offer_stock", "offer_buyer")]


@pytest.mark.check(30)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_file_brings_in_what_is_no_quantity(town: Town, database_kind: str) -> None:
    columns = "order_ref,campaign_code,resident_code,placed_at,product_code,quantity"
    before = orders(contents())
    for text in (*NO_QUANTITY, "1000001"):
        row = ("X1", "C1", town.facts["resident"], "2026-11-22 09:30", "P1", text)
        assert import_text("orders", csv_text(columns, [row])).faults, text
    assert orders(contents()) == before


@pytest.mark.check(31)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_price_that_a_browser_sends_is_compared_and_never_taken(town: Town, database_kind: str) -> None:
    offer = town.facts["offer"]
    before = orders(contents())
    town.browser("resident").post(f"/r/{town.round.name}", data={f"q{offer}": "1", "go": "1"})
    fields = {f"q{offer}": "1", f"p{offer}": "1", "amount_fen": "1", "price_fen": "1", "go": "1"}
    assert b"9.90" in town.browser("resident").post("/cart", data=fields).data
    assert orders(contents()) == before


@pytest.mark.check(33)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_goods_of_another_round_are_not_taken(town: Town, database_kind: str) -> None:
    before = orders(contents())
    answer = town.browser("leader").post(
        f"/leader/rounds/C0/order/{town.facts['resident']}", data={f"q{town.facts['offer']}": "1", "go": "1"}
    )
    assert answer.status_code < 500
    assert orders(contents()) == before


@pytest.mark.check(32)
def test_pickup_codes_differ_and_cannot_be_counted_up(town: Town) -> None:
    made = [int(place(town.round, town.resident, {"P2": 1}).pickup_code) for _ in range(20)]
    steps = {second - first for first, second in pairwise(made)}
    assert len(set(made)) == len(made)
    assert len(steps) > 15


@pytest.mark.check(30)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_schedule_that_does_not_exist_is_refused(town: Town, database_kind: str) -> None:
    fields = {"start": "2026-12-01", "kind": "http://evil.example", "name": "x", "code": "X"}
    answer = town.browser("operator").post("/admin/campaigns/new", data=fields)
    assert (answer.status_code, "请选择团购活动的重复方式" in answer.text) == (200, True)
