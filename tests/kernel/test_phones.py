"""Phones as people and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel import phones

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(mobiles, st.sampled_from(["", "+86", "+86 ", "86", "0086", "(+86)"]), st.sampled_from(["", " ", ".0"]))
def test_a_mobile_number_is_understood_with_its_ornaments(mobile: str, before: str, after: str) -> None:
    assert phones.normalise_phone(before + mobile + after) == mobile


@given(mobiles)
def test_groups_and_full_width_digits_are_understood(mobile: str) -> None:
    wide = mobile.translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert phones.normalise_phone(f"{wide[:3]}-{wide[3:7]} {wide[7:]}") == mobile


@given(st.text())
def test_any_text_gives_a_mobile_number_or_nothing(text: str) -> None:
    phone = phones.normalise_phone(text)
    assert phone is None or phones.normalise_phone(phone) == phone


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12812345678",
        "1381234567",
        "138123456789",
        "010-88886666",
        "+85291234567",
        "1.38e10",
        "138١2345678",
    ],
)
def test_what_is_no_mainland_mobile_number_is_nothing(text: str) -> None:
    assert phones.normalise_phone(text) is None


@given(mobiles)
def test_strangers_see_seven_digits(mobile: str) -> None:
    masked = phones.mask_phone(mobile)
    assert masked == f"{mobile[:3]}****{mobile[7:]}"


@given(st.text().filter(lambda text: len(text) != 11))
def test_what_is_no_number_is_hidden_whole(text: str) -> None:
    assert phones.mask_phone(text) == "****"
