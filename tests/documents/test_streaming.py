"""Long tables row by row."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.documents.streaming import CsvFile, open_table

cells = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6),
    min_size=2,
    max_size=2,
)


@given(st.lists(cells, max_size=8))
def test_a_stream_has_the_rows_of_the_table_under_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["code", "name"], *rows])
    path = tmp_path_factory.mktemp("stream") / "table.csv"
    path.write_bytes(text.getvalue().encode())

    stream, table = open_table(path), read_table(path)

    assert isinstance(stream, CsvFile)
    filled = [(number, tuple(row)) for number, row in stream.rows if "".join(row).strip()]
    assert (stream.headers, filled) == (table.headers, list(table.rows))
    assert list(stream.rows) == list(stream.rows)


def test_a_fault_far_down_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"code,name\n" + b"S1,x\n" * 100_000 + "S2,菜".encode("gbk"))

    with pytest.raises(UnreadableTable, match="not in UTF-8"):
        list(open_table(path).rows)


def test_a_workbook_is_opened_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_bytes(b"PK\x03\x04 torn")

    with pytest.raises(UnreadableTable, match="damaged"):
        open_table(path)


def test_the_line_that_is_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes("code,name\nX1,苹果\n".encode() + "X2,香蕉\n".encode("gbk"))

    with pytest.raises(UnreadableTable) as caught:
        list(open_table(path).rows)

    assert "Line 3 is not in UTF-8" in caught.value.faults[0].message
