"""Names of files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.app.names import distinct, file_name

REFUSED = set('<>:"/\\|?*')


def test_a_name_has_title_code_and_name():
    assert file_name("提货单", "L001", "王秀兰") == "提货单 L001 王秀兰"


def test_odd_characters_of_a_code_are_escaped_and_of_a_name_left_out():
    assert file_name("提货单", "A/1", "李/梅\u202e") == "提货单 A%2F1 李梅"


@given(st.text(min_size=1, max_size=300), st.text(max_size=300))
@pytest.mark.check(46)
def test_every_name_can_be_a_file(code, name):
    made = file_name("佣金对账单", code, name)
    assert not set(made) & REFUSED
    assert made.isprintable()
    assert "." not in made
    assert len(made.encode()) <= 180
    assert made == made.strip()


@given(st.lists(st.text(max_size=20), unique=True, max_size=20))
def test_different_codes_get_different_names_whatever_their_case(codes):
    names = distinct((code, file_name("提货单", code)) for code in codes)
    assert len({name.casefold() for name in names.values()}) == len(codes)


def test_codes_that_differ_in_case_only_are_numbered():
    names = distinct([("a", "单 a"), ("A", "单 A"), ("x", "单 a (2)")])
    assert list(names.values()) == ["单 a", "单 A (2)", "单 a (2) (2)"]
