"""A leader's rest days on its own page, and on the operator's."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from groupbuy.accounts import service
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import NOW

PAGE = "/leader/rest-days"


@pytest.fixture(autouse=True)
def _tokens(without_tokens: None) -> None:
    """Leave the token out of these forms."""


def text(answer: Any) -> str:
    """Return what a page says."""
    return str(answer.get_data(as_text=True))


def test_what_a_rest_changes_is_shown_before_it_is_saved(desk: FlaskClient, round_: Any) -> None:
    looked = desk.post(PAGE, data={"do": "look", "first": "2026-11-23"})
    assert "金秋水果生鲜团" in text(looked)
    assert "照常：已开团" in text(looked)
    assert "没有休息日" in text(desk.get(PAGE))


def test_rest_days_are_saved_as_a_range_and_removed(desk: FlaskClient, leader: Leader) -> None:
    assert (
        desk.post(PAGE, data={"do": "save", "first": "2026-12-01", "last": "2026-12-03"}).status_code == 303
    )
    assert "12月1日" in text(desk.get(PAGE))
    desk.post(PAGE, data={"do": "remove", "first": "2026-12-01", "last": "2026-12-03"})
    assert "没有休息日" in text(desk.get(PAGE))


def test_a_day_in_the_past_is_refused_beside_its_field(desk: FlaskClient, leader: Leader) -> None:
    refused = desk.post(PAGE, data={"do": "save", "first": "2026-11-01"})
    assert refused.status_code == 422
    assert "休息日只能是今天或以后" in text(refused)


def test_the_desk_leads_to_the_rest_days(desk: FlaskClient) -> None:
    assert PAGE in text(desk.get("/leader/"))


def test_an_operator_sets_the_rest_days_of_any_leader(sign_in: Any, leader: Leader) -> None:
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    operator = sign_in(account.id, "operator")
    page = "/admin/leaders/L1/rest-days"
    assert operator.post(page, data={"do": "save", "first": "2026-12-01"}).status_code == 303
    assert "12月1日" in text(operator.get(page))
    assert page in text(operator.get("/admin/leaders/L1"))


@pytest.mark.browser
def test_a_leader_rests_on_a_phone(page: Page, site: str, enter: Any, leader: Leader, round_: Any) -> None:
    enter(page, leader.account_id)
    page.goto(f"{site}{PAGE}")
    page.get_by_label("开始日期").fill("2026-11-23")
    page.get_by_role("button", name="查看影响").click()
    page.get_by_text("照常：已开团").wait_for()
    page.get_by_role("button", name="保存休息日").click()
    page.get_by_text("休息日已保存").wait_for()
    assert page.get_by_role("button", name="移除").count() == 1
