"""A demonstration made for a script: served on a free port, gone when the script is done."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("resident", "leader", "operator")
PATIENCE_S = 240
# The fonts of the pages themselves, so that announcements show their emoji on a machine without any.
FONTS = ROOT / "groupbuy" / "static" / "vendor" / "fonts"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A served demonstration: its address, phone and password by role, and what the server prints."""

    address: str
    logins: Mapping[str, tuple[str, str]]
    log: Path


@contextmanager
def running() -> Iterator[Demonstration]:
    """Serve a demonstration in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        log, port = Path(folder) / "log", _free_port()
        command = [sys.executable, "-m", "groupbuy", "demo", "--port", str(port)]
        environ = {"GROUPBUY_INSTANCE": folder, "GROUPBUY_INSECURE_HTTP": "1", "PATH": "/usr/bin:/bin"}
        with log.open("w") as output:
            server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=output, stderr=output)
        try:
            yield Demonstration(f"http://127.0.0.1:{port}", _logins(log), log)
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _logins(log: Path) -> dict[str, tuple[str, str]]:
    """Wait for the demonstration's table and return phone and password by role."""
    for _ in range(PATIENCE_S):
        rows = re.findall(r"(operator|leader|resident)\s+│\s+\S+\s+│\s+(\d{11})\s+│\s+(\S+)", log.read_text())
        if len(rows) == len(ROLES) and "Open http" in log.read_text():
            return {role: (phone, password) for role, phone, password in rows}
        time.sleep(1)
    raise SystemExit(log.read_text())


def environ_of_browser(folder: Path) -> dict[str, str]:
    """Return an environment in which the browser's own words are Chinese and our fonts are found."""
    fonts = folder / "fonts.conf"
    include = "<include ignore_missing='yes'>/etc/fonts/fonts.conf</include>"
    fonts.write_text(f"<?xml version='1.0'?><fontconfig>{include}<dir>{FONTS}</dir></fontconfig>")
    home = {"HOME": str(folder), "PATH": os.defpath}
    return {"LANGUAGE": "zh_CN", "LANG": "zh_CN.UTF-8", "FONTCONFIG_FILE": str(fonts), **home}


def sign_in(page: Page, address: str, login: tuple[str, str], role: str) -> None:
    """Sign in with phone and password, and choose the role where there are several."""
    page.goto(f"{address}/sign-in?by=password")
    page.fill("[name=phone]", login[0])
    page.fill("[name=password]", login[1])
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    if "/role" in page.url:
        page.click(f"[value={role}]")
        page.wait_for_load_state("networkidle")
