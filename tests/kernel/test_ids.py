"""Numbers that go outside: well-formed, and no single slip passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel import ids

bodies = st.text(ids.ALPHABET, min_size=12, max_size=12)
order_numbers = bodies.map(lambda body: body + ids.check_character(body))
digit_bodies = st.text("0123456789", min_size=7, max_size=7)
pickup_codes = digit_bodies.map(lambda body: body + ids.luhn_digit(body))


def slips(text: str, alphabet: str) -> list[str]:
    """Return every text that differs from ``text`` in one place."""
    return [
        text[:place] + other + text[place + 1 :]
        for place, char in enumerate(text)
        for other in alphabet
        if other != char
    ]


def test_fresh_numbers_are_well_formed_and_differ() -> None:
    numbers = {ids.order_number() for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(map(ids.is_order_number, numbers))


def test_fresh_pickup_codes_are_well_formed() -> None:
    assert all(ids.is_pickup_code(ids.pickup_code()) for _ in range(1000))


def test_no_character_can_be_mistaken_for_another() -> None:
    assert not set("ILOU") & set(ids.ALPHABET)
    assert len(set(ids.ALPHABET)) == 32


@given(order_numbers)
def test_any_single_slip_in_an_order_number_shows(number: str) -> None:
    assert ids.is_order_number(number)
    assert not any(map(ids.is_order_number, slips(number, ids.ALPHABET)))


@given(pickup_codes)
def test_any_single_slip_in_a_pickup_code_shows(code: str) -> None:
    assert ids.is_pickup_code(code)
    assert not any(map(ids.is_pickup_code, slips(code, "0123456789")))


@given(pickup_codes)
def test_two_neighbouring_digits_swapped_show_unless_they_are_09(code: str) -> None:
    for place in range(len(code) - 1):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        harmless = swapped == code or {code[place], code[place + 1]} == {"0", "9"}
        assert ids.is_pickup_code(swapped) == harmless


@pytest.mark.parametrize(("body", "digit"), [("7992739871", "3"), ("0000000", "0"), ("1789372997", "4")])
def test_the_luhn_digit_is_that_of_published_examples(body: str, digit: str) -> None:
    assert ids.luhn_digit(body) == digit


@given(st.text())
def test_any_other_text_is_refused_without_a_failure(text: str) -> None:
    assert not ids.is_order_number(text) or len(text) == 13
    assert not ids.is_pickup_code(text) or len(text) == 8


@pytest.mark.parametrize("text", ["１２３４５６７４", "٠٠٠٠٠٠٠٠", "0000000²", "", "000000000", "-0000000"])
def test_other_digits_are_no_pickup_code(text: str) -> None:
    assert not ids.is_pickup_code(text)


def test_tokens_are_long_and_differ() -> None:
    tokens = {ids.token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43
