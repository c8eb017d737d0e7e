"""Take the pictures of the pages for the documentation, from a demonstration made for it."""

import re

from demonstration import ROOT, environ_of_browser, running, sign_in
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

OUT = ROOT / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
OPEN = "{open}"
CLOSED = "{closed}"
# A path may name the round in sale, the one that has closed, and the newest order of who looks at it.
ROLES = {
    "resident": (
        PHONE,
        (
            *("/", f"/r/{OPEN}", f"/r/{OPEN}/goods/1", f"/r/{OPEN}/share", "/cart", "/orders"),
            *("/orders/{order}", "/orders/{order}/code", "/me", "/me/profile", "/me/addresses"),
            *("/me/leader", "/me/data", "/become-leader"),
        ),
    ),
    "leader": (
        PHONE,
        (
            *("/leader/", "/leader/rounds", f"/leader/rounds/{OPEN}", f"/leader/rounds/{OPEN}/roll-call"),
            *(f"/leader/rounds/{CLOSED}", f"/leader/rounds/{CLOSED}/print/pickup_sheet", "/leader/orders"),
            *("/leader/orders/{order}", "/leader/pickup", "/leader/commission", "/leader/residents"),
            *(f"/leader/moving-in?round={OPEN}", "/leader/picks", "/leader/rest-days", "/leader/ranking"),
            "/leader/helpers",
            *(
                "/leader/money",
                "/leader/cash",
            ),
        ),
    ),
    "operator": (
        DESK,
        (
            *("/admin/", "/admin/campaigns", "/admin/campaigns/plans", "/admin/campaigns/new"),
            *(f"/admin/rounds/{OPEN}", f"/admin/rounds/{CLOSED}", f"/admin/rounds/{OPEN}/close"),
            *("/admin/orders", "/admin/orders/{order}", "/admin/products", "/admin/products/A01"),
            *("/admin/products/import", "/admin/purchasing", "/admin/leaders", "/admin/leaders/L01"),
            *("/admin/leaders/L01/sheets", "/admin/webhooks/new"),
            *("/admin/leaders/L01/rest-days", "/admin/communities", "/admin/residents", "/admin/commissions"),
            *("/admin/suppliers", "/admin/scheduler", "/admin/users", "/admin/audit", "/admin/settings"),
            "/admin/settings/agreement",
            *(
                "/admin/receiving",
                "/admin/stock",
                "/admin/ledger",
                "/admin/withdrawals",
                "/admin/cash",
            ),
        ),
    ),
}
ORDERS = {"resident": "/orders", "leader": "/leader/orders", "operator": "/admin/orders"}


def main() -> None:
    """Run the demonstration, sign in as each role, and write a picture of each page."""
    OUT.mkdir(parents=True, exist_ok=True)
    with running() as demo, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--lang=zh-CN"],
            env=environ_of_browser(demo.log.parent),
        )
        for role in ROLES:
            _take(browser, demo.address, role, *demo.logins[role])
    _join()


def _take(browser: Browser, address: str, role: str, phone: str, password: str) -> None:
    size, paths = ROLES[role]
    page = browser.new_context(
        viewport=size,
        device_scale_factor=2 if size is PHONE else 1,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    ).new_page()
    sign_in(page, address, (phone, password), role)
    words = _words(page, address, role)
    for path in paths:
        answer = page.goto(address + path.format_map(words))
        if answer is None or not answer.ok:
            raise SystemExit(f"{role}: {path} shows no page")
        page.wait_for_load_state("networkidle")
        shot = OUT / f"{role}-{_name(path)}.png"
        page.screenshot(path=shot)
        # Flat pages need no more than 256 colours; the pictures stay small in the repository.
        Image.open(shot).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(shot, optimize=True)


def _words(page: Page, address: str, role: str) -> dict[str, str]:
    """Return what the braces of a path stand for, read off the pages."""
    page.goto(address + ORDERS[role])
    found = re.findall(r"/orders/([0-9A-Z]{10,})", page.content())
    page.goto(
        address
        + ("/admin/campaigns" if role == "operator" else "/leader/rounds" if role == "leader" else "/")
    )
    rounds = re.findall(r"/(?:r|rounds)/((?:FRESH|SHOW)-[0-9-]+)", page.content())
    shown = {"open": min((one for one in rounds if one.startswith("FRESH")), default="")}
    return shown | {
        "closed": max((one for one in rounds if one.startswith("SHOW")), default=""),
        "order": found[0],
    }


def _name(path: str) -> str:
    """Return a path as part of a file's name, the same however often the pictures are taken."""
    plain = path.partition("?")[0].format(open="open", closed="closed", order="one")
    return plain.strip("/").replace("/", "-") or "home"


def _join() -> None:
    """Put one page of each role beside the others for the README."""
    parts = [
        Image.open(OUT / name).convert("RGB")
        for name in ("resident-home.png", "leader-leader.png", "operator-admin.png")
    ]
    scaled = [part.resize((part.width * 700 // part.height, 700)) for part in parts]
    whole = Image.new("RGB", (sum(part.width for part in scaled) + 32 * 4, 764), "#e9ecef")
    left = 32
    for part in scaled:
        whole.paste(part, (left, 32))
        left += part.width + 32
    whole.save(OUT / "overview.png", optimize=True)


if __name__ == "__main__":
    main()
