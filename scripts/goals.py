"""Try the goals of the pages as their users would: taps, fields, keys and the time a person needs.

    .venv/bin/python scripts/goals.py

Pages are loaded and pressed in a real Chromium in front of a demonstration made for it. The machine's part is
measured. A person's part is reckoned, so that the figure is the same on every run: a tap takes 1.5 seconds
(look, reach, press), a typed character 0.3, reading a code off a text message 4, pasting 3.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demonstration import ROOT, Demonstration, environ_of_browser, running, sign_in
from playwright.sync_api import Browser, Locator, Page, sync_playwright

TAP_S, KEY_S, CODE_S, PASTE_S = 1.5, 0.3, 4.0, 3.0
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PRODUCTS = 30
NEW_PHONE = "13987654321"
HEAD = f"{'':<58} {'taps':>5} {'fields':>7} {'keys':>5} {'person s':>9} {'machine s':>9} {'sum s':>7}  goal"


@dataclass
class Person:
    """Somebody at a page, whose taps and keys are counted; seconds are those a person would take."""

    page: Page
    demo: Demonstration
    rows: list[str]
    taps: int = 0
    fields: int = 0
    keys: int = 0
    seconds: float = 0.0
    begun: float = 0.0

    def begin(self, address: str) -> None:
        """Open the page that the person starts from; from now on time is taken."""
        self.begun = time.monotonic()
        self.page.goto(address)

    def tap(self, target: Locator) -> None:
        """Press something and wait for what it leads to."""
        target.click()
        self.page.wait_for_load_state()
        self.taps += 1
        self.seconds += TAP_S

    def type(self, label: str, text: str, *, thinking: float = 0.0) -> None:
        """Fill in a field; it costs no tap where the page has put the cursor into it."""
        target = self.page.get_by_label(label, exact=True)
        ready = target.evaluate("one => one === document.activeElement")
        target.fill(text)
        self.fields += 1
        self.keys += len(text)
        self.seconds += (0 if ready else TAP_S) + KEY_S * len(text) + thinking

    def paste(self, target: Locator, text: str) -> None:
        """Paste a text into a field."""
        target.fill(text)
        self.fields += 1
        self.seconds += PASTE_S

    def button(self, name: str) -> Locator:
        """Return the button or link that is called so."""
        page = self.page
        return page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first

    def row(self, goal: str, most: str) -> str:
        """Return the line of the table; the machine's own time stands beside the person's."""
        machine = time.monotonic() - self.begun
        counts = f"{self.taps:>5} {self.fields:>7} {self.keys:>5}"
        return (
            f"{goal:<58} {counts} {self.seconds:>9.1f} {machine:>9.1f} {self.seconds + machine:>7.1f}  {most}"
        )


def main() -> None:
    """Try each goal and print the table."""
    with running() as demo, sync_playwright() as play:
        rows = _thirty_products(demo)
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--lang=zh-CN"],
            env=environ_of_browser(demo.log.parent),
        )
        print(HEAD)
        for goal, size, role, walk, most in GOALS:
            with _at(browser, demo, size, role) as page:
                person = Person(page, demo, rows)
                walk(person)
                print(person.row(goal, most), flush=True)


def _thirty_products(demo: Demonstration) -> list[str]:
    """Make the demonstration's products up to thirty and return the rows of a spreadsheet."""
    file = demo.log.parent / "products.csv"
    head = "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan"
    new = [f"Z{number:02},试吃装{number},零食,S01,袋,10,5.00,9.90" for number in range(1, 7)]
    file.write_text("\n".join((head, *new)) + "\n", encoding="utf-8")
    environ = {"GROUPBUY_INSTANCE": str(demo.log.parent), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "groupbuy", "import", "products", str(file)]
    subprocess.run(command, env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    sizes = {"A": 6, "B": 6, "C": 3, "D": 3, "E": 3, "F": 3, "Z": 6}
    return [
        f"{letter}{number:02}\t\t100" for letter, count in sizes.items() for number in range(1, count + 1)
    ]


@contextmanager
def _at(browser: Browser, demo: Demonstration, size: dict[str, int], role: str) -> Iterator[Page]:
    """Yield a page of somebody who has signed in with a role, or of nobody yet."""
    context = browser.new_context(viewport=size, locale="zh-CN", base_url=demo.address)
    page = context.new_page()
    if role:
        sign_in(page, demo.address, demo.logins[role], role)
    yield page
    context.close()


def _open_round(page: Page) -> str:
    """Return the address of the round in sale as a leader shares it."""
    page.goto("/l/L01")
    found = re.search(r"/r/(FRESH-[0-9-]+)", page.content())
    if found is None:
        raise SystemExit("the demonstration shows no round in sale")
    return f"/r/{found[1]}?l=L01"


def _choose_and_go(person: Person) -> None:
    page = person.page
    address = _open_round(page)
    person.begin(address)
    person.tap(page.locator(".stepper-more").first)
    person.tap(page.locator(".cart-go"))
    person.tap(page.locator(".cart-go"))


def _join(person: Person) -> None:
    _choose_and_go(person)
    person.type("手机号", NEW_PHONE)
    person.tap(person.button("获取验证码"))
    person.type("验证码", _newest_code(person.demo.log), thinking=CODE_S)
    person.tap(person.page.locator("form .btn-wide"))
    person.type("称呼", "李女士")
    person.type("楼栋房号", "3-2-501")
    person.tap(person.page.get_by_role("checkbox"))
    person.tap(person.button("完成"))
    person.tap(person.page.locator(".cart-go"))
    _arrived(person, "下单成功")


def _order(person: Person) -> None:
    _choose_and_go(person)
    _arrived(person, "下单成功")


def _newest_code(log: Path) -> str:
    for _ in range(100):
        if found := re.findall(r"验证码 (\d{6})", log.read_text()):
            return str(found[-1])
        time.sleep(0.05)
    raise SystemExit("no code was sent")


def _paste(person: Person) -> None:
    page = person.page
    person.begin("/admin/")
    person.tap(person.button("新建团购活动"))
    person.type("标题", "明日鲜选")
    person.paste(page.locator("[name=paste]"), "\n".join(person.rows))
    _publish(person)


def _copy(person: Person) -> None:
    page = person.page
    person.begin("/admin/campaigns/plans")
    person.tap(page.get_by_role("row").filter(has_text="FRESH").get_by_role("link", name="复制"))
    _publish(person)


def _publish(person: Person) -> None:
    person.tap(person.button("保存并预览"))
    person.tap(person.page.get_by_role("link", name="发布", exact=True).first)
    person.tap(person.page.get_by_role("button", name="发布", exact=True).last)
    _arrived(person, "已发布")


def _sheet(person: Person) -> None:
    person.begin("/leader/")
    with person.page.expect_download() as file:
        person.tap(person.button("提货单"))
    if not file.value.path().read_bytes().startswith(b"%PDF-"):
        raise SystemExit("the sheet is no PDF")


def _arrived(person: Person, text: str) -> None:
    """Make sure that the goal is reached."""
    person.page.get_by_text(text).first.wait_for()


GOALS = (
    ("a new resident joins by a shared link and orders", PHONE, "", _join, "30 s"),
    ("a known resident orders by a shared link", PHONE, "resident", _order, "30 s"),
    (f"an operator publishes {PRODUCTS} products pasted from a sheet", DESK, "operator", _paste, "300 s"),
    ("an operator publishes a copy of a former campaign", DESK, "operator", _copy, "300 s"),
    ("a leader has the pickup sheet", PHONE, "leader", _sheet, "2 taps"),
)

if __name__ == "__main__":
    main()
