"""Every page of every role in a real browser: accessible, and not wider than a phone of 320 px."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.security.rights import LET_IN, path_of, read_table
from tests.security.town import PEOPLE, Town
from tests.support.browsers import CHINA, DESKTOP, PHONE
from tests.web.browsing import served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]

SMALL = PHONE | {"viewport": {"width": 320, "height": 640}, "device_scale_factor": 1}
# A page is walked as the first of these who may open it; the rest of the staff see parts of the operator's.
WALKERS = ("nobody", "resident", "leader", "supplier", "operator")
NO_PAGES = (".xlsx", ".pdf", ".zip", ".png", ".js", ".txt", ".json")
# Files, what programs read, and a part of the dashboard that the page itself fetches.
NO_PAGE_AT = ("/static/", "/uploads/", "/leader/file/", "/healthz", "/readyz", "/metrics", "/admin/live")
SERIOUS = ("serious", "critical")


def addresses(town: Town, who: str) -> list[str]:
    """Return the pages that somebody is the first of the walkers to be let into."""
    found = []
    for row in read_table():
        let_in = [one for one in WALKERS if row.signs[PEOPLE.index(one)] == LET_IN]
        path = path_of(row, town.facts)
        is_page = not path.endswith(NO_PAGES) and not path.startswith(NO_PAGE_AT)
        if row.method == "GET" and let_in[:1] == [who] and is_page:
            found.append(path)
    return found


@pytest.fixture
def site(town: Town) -> Iterator[str]:
    with served(town.app) as address:
        yield address


def pages(browser: Browser, town: Town, site: str, who: str, device: dict[str, object]) -> Iterator[Page]:
    """Yield each page that is HTML, opened."""
    context = browser.new_context(**CHINA, **device, base_url=site)
    cookie = town.browser(who).get_cookie("groupbuy")
    if cookie is not None:
        context.add_cookies([{"name": "groupbuy", "value": cookie.value, "url": site}])
    page = context.new_page()
    for path in addresses(town, who):
        answer = page.goto(path)
        if answer is not None and answer.header_value("content-type") == "text/html; charset=utf-8":
            yield page
    context.close()


def faults_of(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']}" for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("who", WALKERS)
def test_no_page_has_a_serious_fault_of_accessibility(
    browser: Browser, town: Town, site: str, who: str, database_kind: str
) -> None:
    device = DESKTOP if who in ("operator", "supplier") else PHONE
    assert [fault for page in pages(browser, town, site, who, device) for fault in faults_of(page)] == []


@pytest.mark.parametrize("who", WALKERS)
def test_no_page_is_wider_than_a_small_phone(
    browser: Browser, town: Town, site: str, who: str, database_kind: str
) -> None:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    walked = [(page.url, page.evaluate(wide)) for page in pages(browser, town, site, who, SMALL)]
    assert walked
    assert [url for url, is_wide in walked if is_wide] == []
