"""A sheet takes its sums from its own rows."""

import pytest

from groupbuy.documents.sheet import Column, Group, Kind, Sheet, table

COLUMNS = (Column("商品"), Column("数量", Kind.QUANTITY, total=True), Column("金额", Kind.MONEY, total=True))


def test_sums_run_over_all_groups():
    sheet = Sheet("单", COLUMNS, [Group([("a", 1, 100)]), Group([("b", 2, 250), ("c", None, None)])])
    assert sheet.sums() == (None, 3, 350)


def test_sums_of_some_rows_are_a_subtotal():
    sheet = Sheet("单", COLUMNS, table([("a", 1, 100), ("b", 2, 250)]))
    assert sheet.sums([("b", 2, 250)]) == (None, 2, 250)


def test_a_row_with_a_missing_cell_is_refused():
    with pytest.raises(ValueError, match="needs 3 cells"):
        Sheet("单", COLUMNS, table([("a", 1)]))


def test_a_text_in_a_summed_column_is_refused():
    with pytest.raises(TypeError):
        Sheet("单", COLUMNS, table([("a", "1", 100)])).sums()


def test_a_text_column_has_no_total():
    with pytest.raises(ValueError, match="no total"):
        Column("商品", total=True)


def test_numbers_stand_right_codes_in_the_middle_and_text_left():
    sides = [Column("x", kind).side for kind in (Kind.MONEY, Kind.CODE, Kind.TEXT)]
    assert sides == ["right", "center", "left"]
    assert Column("x", align="center").side == "center"
