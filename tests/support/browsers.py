"""A real Chromium, set up as the phone of a resident or the screen of an operator in China."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.leaving_out import find_chromium

CHINA: dict[str, Any] = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
# Two cores that also run a database and a server may take their time over a page.
PATIENCE = 60_000

expect.set_options(timeout=PATIENCE / 2)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for the whole session; tests that use it are marked ``browser``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page on a phone, with no cookies."""
    yield from _page(browser, PHONE)


@pytest.fixture
def desktop_page(browser: Browser) -> Iterator[Page]:
    """Yield a page on a desktop screen, with no cookies."""
    yield from _page(browser, DESKTOP)


def _page(browser: Browser, device: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(**CHINA, **device)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()
