"""Take the pictures of the pages for the documentation, from a demonstration made for it."""

import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
ROLES = {
    "resident": (PHONE, ("/", "/orders", "/me")),
    "leader": (
        PHONE,
        ("/leader/", "/leader/rounds", "/leader/orders", "/leader/pickup", "/leader/commission"),
    ),
    "operator": (
        DESK,
        (
            "/admin/",
            "/admin/campaigns",
            "/admin/orders",
            "/admin/products",
            "/admin/purchasing",
            "/admin/scheduler",
        ),
    ),
}


def main() -> None:
    """Run the demonstration, sign in as each role, and write a picture of each page."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "groupbuy", "demo", "--port", str(port)]
        environ = {"GROUPBUY_INSTANCE": folder, "GROUPBUY_INSECURE_HTTP": "1", "PATH": "/usr/bin:/bin"}
        log = Path(folder) / "log"
        with log.open("w") as output:
            server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=output, stderr=output)
        try:
            logins = _logins(log)
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                for role in ROLES:
                    _take(browser, f"http://127.0.0.1:{port}", role, *logins[role])
        finally:
            server.terminate()
            server.wait()
    _join()


def _logins(log: Path) -> dict[str, tuple[str, str]]:
    """Wait for the demonstration's table and return phone and password by role."""
    for _ in range(240):
        rows = re.findall(r"(operator|leader|resident)\s+│\s+\S+\s+│\s+(\d{11})\s+│\s+(\S+)", log.read_text())
        if len(rows) == len(ROLES) and "Open http" in log.read_text():
            return {role: (phone, password) for role, phone, password in rows}
        time.sleep(1)
    raise SystemExit(log.read_text())


def _take(browser: Browser, address: str, role: str, phone: str, password: str) -> None:
    size, paths = ROLES[role]
    page = browser.new_context(
        viewport=size,
        device_scale_factor=2 if size is PHONE else 1,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    ).new_page()
    _sign_in(page, address, phone, password, role)
    for path in paths:
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        name = path.strip("/").replace("/", "-") or "home"
        page.screenshot(path=OUT / f"{role}-{name}.png")


def _sign_in(page: Page, address: str, phone: str, password: str, role: str) -> None:
    page.goto(f"{address}/sign-in?by=password")
    page.fill("[name=phone]", phone)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    if "/role" in page.url:
        page.click(f"[value={role}]")
        page.wait_for_load_state("networkidle")


def _join() -> None:
    """Put one page of each role beside the others for the README."""
    parts = [
        Image.open(OUT / name) for name in ("resident-home.png", "leader-leader.png", "operator-admin.png")
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
