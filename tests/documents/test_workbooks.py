"""Workbooks with several sheets from outside are read within bounds."""

import zipfile
from io import BytesIO

import pytest

from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.workbooks import read_sheets
from tests.moving.workbook import Formula, Sheet, write


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """Return a workbook with one more part."""
    out = BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, part)
    return out.getvalue()


def code_of(content: bytes) -> str:
    """Return why a workbook is refused."""
    with pytest.raises(UnreadableTable) as refused:
        read_sheets(content, ("A",))
    return refused.value.code


def test_named_sheets_are_read_and_others_left_alone() -> None:
    found = read_sheets(
        write({"A": Sheet([["x", 1.5]]), "B": Sheet([["y"]]), "C": Sheet([["z"]])}), ("C", "A")
    )
    assert {name: sheet.rows for name, sheet in found.items()} == {"A": (("x", "1.5"),), "C": (("z",),)}


def test_what_lies_under_a_merged_cell_is_not_seen() -> None:
    (sheet,) = read_sheets(write({"A": Sheet([["x", "1"], ["hidden", "2"]], ["A1:A2"])}), ("A",)).values()
    assert sheet.rows == (("x", "1"), ("", "2"))
    assert sheet.covered == {(1, 0)}


def test_a_short_sheet_may_be_wide_and_a_long_one_not() -> None:
    wide = write({"A": Sheet([[f"c{n}" for n in range(300)]])})
    assert len(read_sheets(wide, ("A",))["A"].rows[0]) == 300
    rows: list[list[str]] = [[] for _ in range(1_000)]
    assert code_of(write({"A": Sheet([[f"c{n}" for n in range(300)], *rows])})) == "out_of_range"
    assert code_of(write({"A": Sheet([["x"] * 703])})) == "out_of_range"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "inconsistent"),
        (b"PK\x03\x04", "inconsistent"),
        (write({"A": Sheet([[Formula("1/0", None)]])}), "required"),
        (with_part(write({"A": Sheet([["x"]])}), "xl/vbaProject.bin", b"x"), "inconsistent"),
        (with_part(write({"A": Sheet([["x"]])}), "xl/bomb.xml", b" " * 2**24), "out_of_range"),
        (with_part(write({"A": Sheet([["x"]])}), "xl/x.xml", b"<!DOCTYPE x>"), "inconsistent"),
        (write({"A": Sheet([["x"] * 64] * 900, ["A1:BL900"] * 60)}), "out_of_range"),
    ],
)
def test_what_is_not_safe_to_read_is_refused(content: bytes, code: str) -> None:
    assert code_of(content) == code
