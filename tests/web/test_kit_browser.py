"""The kit in a real Chromium: quantities, dialogs, no script, no mouse, weight and accessibility."""

import gzip
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.support.browsers import CHINA, PHONE
from tests.support.cables import Cable
from tests.web.browsing import served
from tests.web.kit_pages import sample_app

pytestmark = pytest.mark.browser
MAX_FIRST_PAGE = 150_000
ADDRESSES = ("/round", "/desk", "/campaigns", "/form", "/cancel", "/status/404")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served(sample_app()) as address:
        yield address


@pytest.fixture
def narrow(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**CHINA, **PHONE | {"viewport": {"width": 320, "height": 640}})
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**CHINA, **PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def complaints_of(page: Page) -> list[str]:
    """Collect what the console complains about, such as a broken content policy."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_has_a_serious_fault_of_accessibility(site: str, page: Page, address: str) -> None:
    page.goto(site + address)
    found = Axe().run(page).response["violations"]
    assert not [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_breaks_the_content_policy(site: str, desktop_page: Page, address: str) -> None:
    complaints = complaints_of(desktop_page)
    desktop_page.goto(site + address)
    desktop_page.wait_for_load_state("networkidle")
    assert complaints == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_is_wider_than_the_narrowest_phone(site: str, narrow: Page, address: str) -> None:
    narrow.goto(site + address)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320


def test_tapping_plus_raises_the_sum_up_to_the_limit(site: str, page: Page) -> None:
    page.goto(site + "/round")
    more = page.get_by_role("button", name="增加：冰糖心苹果")
    more.click()
    more.click()
    assert page.locator("[data-cart-total]").inner_text() == "89.70"
    assert page.locator("[data-cart-count]").inner_text() == "3"
    assert more.is_disabled()


def test_tapping_minus_to_nothing_leaves_only_plus(site: str, page: Page) -> None:
    page.goto(site + "/round")
    page.get_by_role("button", name="减少：冰糖心苹果").click()
    assert not page.get_by_role("button", name="减少：冰糖心苹果").is_visible()
    assert page.get_by_role("button", name="增加：冰糖心苹果").is_enabled()


def test_a_typed_quantity_is_held_to_the_limit(site: str, page: Page) -> None:
    page.goto(site + "/round")
    page.get_by_label("数量：冰糖心苹果").fill("99")
    page.get_by_label("数量：冰糖心苹果").blur()
    assert page.get_by_label("数量：冰糖心苹果").input_value() == "3"


def test_without_script_the_form_sends_the_step(site: str, plain: Page) -> None:
    plain.goto(site + "/round")
    plain.get_by_role("button", name="增加：冰糖心苹果").click()
    assert '"step":"apple:+1"' in plain.content().replace(" ", "").replace("\n", "")


def test_without_script_the_enter_key_goes_on(site: str, plain: Page) -> None:
    plain.goto(site + "/round")
    plain.get_by_label("数量：冰糖心苹果").press("Enter")
    assert '"go"' in plain.content()
    assert '"step"' not in plain.content()


def test_a_countdown_shows_hours_and_minutes(site: str, page: Page) -> None:
    page.goto(site + "/round")
    assert page.locator(".countdown-digits b").first.inner_text() in ("01", "02")


def test_a_confirmation_opens_in_place_and_closes_again(site: str, page: Page) -> None:
    page.goto(site + "/desk")
    page.get_by_role("link", name="取消订单").click()
    page.get_by_role("dialog", name="取消这张订单？").wait_for()
    page.get_by_role("link", name="返回").click()
    page.get_by_role("dialog").wait_for(state="detached")
    assert page.url == site + "/desk"


def test_a_confirmation_is_a_page_where_there_is_no_script(site: str, plain: Page) -> None:
    plain.goto(site + "/desk")
    plain.get_by_role("link", name="取消订单").click()
    plain.get_by_role("button", name="取消订单").click()
    assert plain.url == site + "/buy"


def test_a_question_is_asked_before_the_deed(site: str, page: Page) -> None:
    page.goto(site + "/desk")
    page.get_by_role("button", name="再次购买").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.wait_for_url(site + "/buy")


def test_a_double_tap_sends_one_form(site: str, page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(site + "/round")
    page.get_by_role("button", name="去下单").dblclick()
    page.wait_for_url(site + "/buy")
    assert len(sent) == 1


def test_typed_text_survives_a_lost_session(site: str, page: Page) -> None:
    page.goto(site + "/form")
    page.get_by_label("姓名").fill("王芳")
    page.context.clear_cookies()
    page.goto(site + "/form")
    assert page.get_by_label("姓名").input_value() == "王芳"


def keep_for_later(site: str, page: Page) -> None:
    """Open the page of the code and wait until the worker has kept it."""
    page.goto(site + "/code")
    expect(page.locator("body[data-kept]")).to_be_visible()


def test_a_kept_page_shows_without_a_connection(site: str, page: Page) -> None:
    cable = Cable(site)
    keep_for_later(cable.address, page)
    cable.put_away()
    page.reload()
    assert page.get_by_role("img", name="提货码 4 8 2 1 3 9 0 7").is_visible()


def test_signing_out_forgets_what_was_kept(site: str, page: Page) -> None:
    keep_for_later(site, page)
    page.get_by_role("link", name="退出").click()
    page.wait_for_url(site + "/desk")
    page.evaluate(
        "async () => { while ((await caches.keys()).length) { await new Promise(requestAnimationFrame); } }"
    )


def test_an_entry_made_offline_is_sent_once_when_the_connection_is_back(site: str, page: Page) -> None:
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None
    )
    page.goto(site + "/code")
    page.context.set_offline(True)
    page.get_by_label("提货码").last.fill("48213907")
    page.get_by_role("button", name="核销").click()
    assert page.locator("[data-queue-count]").inner_text() == "1"
    page.context.set_offline(False)
    page.locator("[data-queue-count]").wait_for(state="hidden")
    assert [text.split("&")[0] for text in sent] == ["code=48213907"]


def test_the_drawer_opens_and_closes_by_keyboard(site: str, page: Page) -> None:
    page.goto(site + "/campaigns")
    menu = page.get_by_role("navigation", name="主菜单")
    assert not menu.is_visible()
    page.get_by_role("link", name="打开菜单").press("Enter")
    menu.wait_for()
    page.keyboard.press("Escape")
    menu.wait_for(state="hidden")


def test_the_first_round_page_is_light(site: str, page: Page) -> None:
    weights: dict[str, int] = {}
    page.on(
        "response",
        lambda answer: (
            weights.update({answer.url: len(gzip.compress(answer.body()))})
            if not answer.url.endswith(".webp") and "/food/" not in answer.url
            else None
        ),
    )
    page.goto(site + "/round")
    page.wait_for_load_state("networkidle")
    assert sum(weights.values()) < MAX_FIRST_PAGE, weights
