"""Amounts in Chinese capitals, against known ones and by reading them back."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groupbuy.documents.capitals import rmb_capitals
from groupbuy.kernel.money import MAX_FEN


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (35, "叁角伍分"),
        (100, "壹元整"),
        (105, "壹元零伍分"),
        (1_000, "壹拾元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万零柒仟元伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (1_000_000_000, "壹仟万元整"),
        (10_000_100, "壹拾万零壹元整"),
        (1_000_000_010_000, "壹佰亿零壹佰元整"),
        (10**14, "壹万亿元整"),
        (-1_234, "负壹拾贰元叁角肆分"),
    ],
)
def test_known_amounts(fen, text):
    assert rmb_capitals(fen) == text


@given(st.integers(-MAX_FEN, MAX_FEN))
@example(100_000_000_00)
@example(100_010_000_00)
def test_the_capitals_read_back_to_the_fen(fen):
    assert read_back(rmb_capitals(fen)) == fen


@given(st.integers(1, MAX_FEN))
def test_zeros_are_never_doubled_nor_at_the_end(fen):
    text = rmb_capitals(fen)
    assert "零零" not in text
    assert not re.search("零[元万亿整]", text)


DIGITS = {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1_000}


def read_back(text: str) -> int:
    """Read an amount in capitals by the meaning of each character, unlike the way it is written."""
    if text.startswith("负"):
        return -read_back(text[1:])
    yuan, _, small = text.partition("元") if "元" in text else ("", "", text)
    jiao = re.search("(.)角", small)
    rest = re.search("(.)分", small)
    return 100 * whole(yuan) + 10 * (DIGITS[jiao[1]] if jiao else 0) + (DIGITS[rest[1]] if rest else 0)


def whole(text: str) -> int:
    for unit, size in (("万亿", 10**12), ("亿", 10**8), ("万", 10**4)):
        if unit in text:
            left, _, right = text.partition(unit)
            return whole(left) * size + whole(right)
    total, digit = 0, 0
    for char in text:
        if char in UNITS:
            total, digit = total + digit * UNITS[char], 0
        else:
            digit = DIGITS[char]
    return total + digit
