"""The front-end files: what is vendored, and what old browsers and the content policy allow."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from groupbuy import paths

VENDOR = paths.static_dir() / "vendor"
STYLES = sorted((paths.static_dir() / "css").glob("*.css"))
SCRIPTS = sorted((paths.static_dir() / "js").glob("*.js"))
TEMPLATES = sorted(paths.templates_dir().rglob("*.html"))
# Chromium 70 and Safari 12 know none of these.
NEW_CSS = re.compile(
    r":has\(|color-mix|oklch|light-dark|\d(dvh|svh|lvh)\b|@container|@layer|\{[^{}@]*&|inset:"
)
NEW_JS = re.compile(r"\?\.[a-zA-Z\[(]|\?\?|\bimport\(|=>|`")


def test_every_vendored_file_is_the_one_in_the_lock() -> None:
    expected = json.loads((VENDOR / "lock.json").read_text("utf-8"))["files"]
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "lock.json"]
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
    assert found == expected


def test_every_vendored_package_brings_its_licence() -> None:
    packages = json.loads((VENDOR / "lock.json").read_text("utf-8"))["packages"]
    assert len(list(VENDOR.rglob("*LICENSE"))) == len(packages)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_use_nothing_that_old_browsers_lack(path: Path) -> None:
    assert not NEW_CSS.findall(path.read_text("utf-8"))


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_are_not_nested(path: Path) -> None:
    plain = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    depth = deepest = 0
    for rule in re.findall(r"@[^{;]+\{|\{|\}", plain):
        depth += -1 if rule == "}" else 0 if rule.startswith("@") else 1
        deepest = max(deepest, depth)
    assert deepest == 1


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_nothing_that_old_browsers_lack(path: Path) -> None:
    plain = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not NEW_JS.findall(plain)


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: path.relative_to(paths.templates_dir()).as_posix()
)
@pytest.mark.check(19)
def test_templates_hold_no_inline_style_script_or_handler(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", text)
    for attributes in re.findall(r"<script([^>]*)>", text):
        assert "src=" in attributes or 'type="application/json"' in attributes


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text("utf-8")))
    texts = [path.read_text("utf-8") for path in TEMPLATES]
    texts += [path.read_text("utf-8") for path in (paths.PACKAGE_DIR / "web").rglob("*.py")]
    named = {name for text in texts for name in re.findall(r'\bicon\("([a-z0-9-]+)"', text)}
    named |= {
        name for text in texts for name in re.findall(r'Entry\("[^"]+", _l\("[^"]+"\), "([^"]+)"', text)
    }
    assert named <= sprite
