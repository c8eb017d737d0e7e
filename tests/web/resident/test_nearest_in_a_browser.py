"""The phone says where it is, in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, expect

from tests import building
from tests.support.browsers import CHINA, DESKTOP, PHONE
from tests.web.browsing import served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
HERE = {"latitude": 30.274, "longitude": 120.155}


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """Serve a town of two leaders, one of them near, and yield its address."""
    building.add_leader("L1", name="无名", community="甲园")
    building.add_leader("L2", name="近处", community="丙园", latitude_e6=30_278_500, longitude_e6=120_155_000)
    with served(app) as address:
        yield address


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_nearest_comes_first_when_the_phone_is_asked(
    site: str, browser: Browser, screen: dict[str, Any], database_kind: str
) -> None:
    context = browser.new_context(**CHINA, **screen, geolocation=HERE, permissions=["geolocation"])
    page = context.new_page()
    page.goto(site)
    page.get_by_role("button", name="找最近的团长").click()
    page.wait_for_url("**/?lat=30.274&lng=120.155")
    expect(page.locator("ul.rows li").first).to_contain_text("500 米")
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    context.close()


def test_a_phone_that_does_not_tell_leaves_the_list(site: str, browser: Browser, database_kind: str) -> None:
    context = browser.new_context(**CHINA, **PHONE, permissions=[])
    page = context.new_page()
    page.goto(site)
    page.get_by_role("button", name="找最近的团长").click()
    expect(page.locator("[data-locate-status]")).to_contain_text("请从列表中选择")
    expect(page.locator("ul.rows li")).to_have_count(2)
    context.close()
