"""Languages: which one a reader gets, and that nothing is left in English on a Chinese page."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from groupbuy import paths
from groupbuy.web.kit import i18n
from tests.web.kit_pages import sample_app

ROOT = Path(__file__).resolve().parents[2]
HOLES = re.compile(r"%\(\w+\)[sd]|\{\d\}")


@pytest.fixture
def sample() -> Flask:
    return sample_app()


def test_every_text_has_a_chinese_translation() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "translations"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_translation_has_the_holes_of_its_text() -> None:
    path = paths.PACKAGE_DIR / "translations" / "zh_CN" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    for text in catalogue:
        original = text.id[-1] if isinstance(text.id, tuple) else text.id
        translation = text.string[0] if isinstance(text.string, tuple) else text.string
        if original:
            assert set(HOLES.findall(translation)) <= set(HOLES.findall(original)), original


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "zh"),
        ({"Accept-Language": "fr"}, "zh"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "en"),
        ({"Accept-Language": "zh-TW,en;q=0.8"}, "zh"),
        ({"Accept-Language": "en", "Cookie": "lang=zh"}, "zh"),
        ({"Cookie": "lang=xx"}, "zh"),
    ],
)
def test_the_language_comes_from_the_cookie_then_the_browser(
    sample: Flask, headers: dict[str, str], language: str
) -> None:
    with sample.test_request_context("/", headers=headers):
        assert i18n.current_language() == language


def test_a_chosen_language_is_remembered(sample: Flask) -> None:
    client = sample.test_client()
    client.get("/desk?lang=en")
    assert '<html lang="en">' in client.get("/desk").text


def test_an_unknown_language_is_not_remembered(sample: Flask) -> None:
    assert "lang=" not in sample.test_client().get("/desk?lang=xx").headers.get("Set-Cookie", "")


def test_an_errors_sentence_is_translated_with_its_values(sample: Flask) -> None:
    with sample.test_request_context("/"):
        assert i18n.translate_sentence("Order at least 3.") == "至少订 3 件。"
        assert i18n.translate_sentence("This round has closed.") == "本期已截单。"


def test_an_unknown_sentence_stays_as_it_is(sample: Flask) -> None:
    with sample.test_request_context("/"):
        assert i18n.translate_sentence("Nobody wrote this {0}.") == "Nobody wrote this {0}."


def test_an_english_reader_sees_the_sentence_itself(sample: Flask) -> None:
    with sample.test_request_context("/?lang=en"):
        assert i18n.translate_sentence("Order at least 3.") == "Order at least 3."


def test_a_lazy_text_follows_the_reader(sample: Flask) -> None:
    label = i18n.lazy_gettext("Sign in")
    with sample.test_request_context("/?lang=en"):
        assert str(label) == "Sign in"
    with sample.test_request_context("/?lang=zh"):
        assert str(label) == "登录"
