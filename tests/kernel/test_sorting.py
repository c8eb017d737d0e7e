"""Numbers inside texts sort by their value."""

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.sorting import natural_key


def test_two_comes_before_ten():
    assert sorted(["3-10", "3-2", "12-1", "3-2-501", ""], key=natural_key) == [
        "",
        "3-2",
        "3-2-501",
        "3-10",
        "12-1",
    ]


def test_leading_zeros_change_nothing():
    assert natural_key("A-007") == natural_key("A-7")


@given(st.integers(0), st.integers(0))
def test_numbers_of_any_length_sort_as_numbers(one, other):
    assert (natural_key(f"P{one}") < natural_key(f"P{other}")) == (one < other)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one, other):
    assert (natural_key(one) < natural_key(other)) or natural_key(one) >= natural_key(other)
