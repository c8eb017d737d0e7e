"""A purchase order that waits for approval: its cases changed, approved as it was looked at, refused."""

import pytest
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.web.admin.people import Town


@pytest.fixture
def draft(town: Town) -> str:
    """Close the round with 8 of P1, 2 cases of 6, below the supplier's minimum; return the order's path."""
    building.place(town.round, town.resident, {"P2": 8})
    building.close(town.app, town.round)
    return f"/admin/purchasing/{db.session.scalar(select(PurchaseOrder.number))}"


def cases(former: str, wanted: str) -> dict[str, str]:
    return {"lines-0-code": "P2", "lines-0-former": former, "lines-0-cases": wanted}


def test_the_cases_of_a_draft_are_changed_and_the_approval_says_what_is_short(town: Town, draft: str) -> None:
    operator = town.operator
    assert f"{draft}/change" in operator.text(draft)
    assert "本地鸡毛菜" in operator.text(f"{draft}/change")
    assert operator.post(f"{draft}/change", **cases("2", "1")).status_code == 303
    page = operator.text(f"{draft}/approve")
    assert ("2 件短缺" in page or "2 件" in page, 'value="3000"' in page) == (True, True)
    assert operator.post(f"{draft}/approve", seen="6000").status_code == 422
    assert operator.post(f"{draft}/approve", seen="3000").status_code == 303
    assert f"{draft}/change" not in operator.text(draft)


def test_who_was_slower_sees_what_stands_and_saves_knowingly(town: Town, draft: str) -> None:
    assert town.operator.post(f"{draft}/change", **cases("2", "1")).status_code == 303
    slower = town.operator.post(f"{draft}/change", **cases("2", "3"))
    page = slower.get_data(as_text=True)
    assert (slower.status_code, 'name="lines-0-former" type="hidden" value="1"' in page) == (422, True)
    assert "现为 1" in page
    assert town.operator.post(f"{draft}/change", **cases("1", "3")).status_code == 303


@pytest.mark.parametrize("wrong", ["", "x", "-1", "0", "99999999999"])
def test_slips_are_said_beside_the_field_or_above_the_form(town: Town, draft: str, wrong: str) -> None:
    assert town.operator.post(f"{draft}/change", **cases("2", wrong)).status_code == 422
