"""Rows pasted from a spreadsheet."""

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.web.admin.goods_paste import PastedRow, read_paste


def test_tabs_commas_full_width_and_signs_are_understood() -> None:
    rows, faults = read_paste("编号\t价格\nA1\t￥1,234.50\t１００\nB2，9.9元，，2\n")
    assert rows == [PastedRow(2, "A1", 123450, 100), PastedRow(3, "B2", 990, None, 2)]
    assert not faults


def test_what_is_not_understood_is_named_with_its_line() -> None:
    _, faults = read_paste("A1\t9.999\nB2\t1\tmany")
    assert [(fault.line, fault.text) for fault in faults] == [(1, "9.999"), (2, "many")]


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    rows, _ = read_paste(text)
    assert len(rows) <= len(text.splitlines())
