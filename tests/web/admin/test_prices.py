"""Changing many prices at once: previewed, by percent or yuan, all or none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.catalog.rules import changed_price
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from tests.web.admin.people import Town


def fields(town: Town, **typed: str) -> dict[str, Any]:
    """Return the form as it is sent for both products, whose version is the first."""
    seen = {f"seen-{one.id}": "1" for one in town.products}
    return {"id": [one.id for one in town.products], "by": "percent", "do": "preview"} | seen | typed


def prices(town: Town) -> list[int]:
    """Return the prices as they are stored."""
    db.session.rollback()
    for one in town.products:
        db.session.refresh(one)
    return [one.price_fen for one in town.products]


def test_a_preview_changes_nothing(town: Town) -> None:
    answer = town.operator.post("/admin/products/prices", **fields(town, amount="-10"))
    assert answer.status_code == 200
    assert "¥8.91" in answer.get_data(as_text=True)
    assert prices(town) == [990, 990]


@pytest.mark.parametrize(("by", "amount", "price"), [("percent", "5", 1040), ("yuan", "-0.50", 940)])
def test_what_was_previewed_is_stored(town: Town, by: str, amount: str, price: int) -> None:
    answer = town.operator.post("/admin/products/prices", **fields(town, by=by, amount=amount, do="save"))
    assert answer.status_code == 303
    assert prices(town) == [price, price]


def test_a_product_changed_since_the_preview_stops_all(town: Town) -> None:
    newest = {f"seen-{town.products[1].id}": "0"}
    answer = town.operator.post("/admin/products/prices", **fields(town, amount="5", do="save", **newest))
    assert answer.status_code == 422
    assert prices(town) == [990, 990]


@pytest.mark.check(30)
@pytest.mark.parametrize("amount", ["", "0", "-100", "101", "1.234", "1e3", "NaN", "５", "abc"])
def test_odd_amounts_are_refused_beside_the_field(town: Town, amount: str) -> None:
    answer = town.operator.post("/admin/products/prices", **fields(town, amount=amount, do="save"))
    assert answer.status_code == 422
    assert prices(town) == [990, 990]


def test_the_ticked_products_of_the_list_come_to_the_form(town: Town) -> None:
    assert "/admin/products/prices" in town.operator.text("/admin/products")
    answer = town.operator.post("/admin/products/prices", id=[town.products[0].id])
    assert answer.status_code == 200
    assert "P1" in answer.get_data(as_text=True)


def test_without_a_tick_the_list_asks_for_one(town: Town) -> None:
    assert town.operator.post("/admin/products/prices").status_code == 303


@given(st.integers(1, 10**8), st.integers(-10_000, 10_000), st.integers(-(10**6), 10**6))
def test_a_price_is_changed_to_the_fen_or_refused(price: int, by_bp: int, by_fen: int) -> None:
    try:
        changed = changed_price(price, by_bp=by_bp, by_fen=by_fen)
    except BadInput:
        assert price * (10_000 + by_bp) + by_fen * 10_000 <= 5_000
        return
    assert changed > 0
    assert abs((changed - price - by_fen) * 10_000 - price * by_bp) <= 5_000
