"""Files that want to do harm, or are broken: refused before they cost memory."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from tests.documents.workbooks import faults_of, with_part, workbook


def _with_extra(content: bytes, name: str, part: bytes = b"x") -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, part)
    return out.getvalue()


PLAIN = workbook(["a"], ["x"])


@pytest.mark.parametrize(
    ("name", "part", "code"),
    [
        ("xl/vbaProject.bin", b"x", "inconsistent"),
        ("xl/macrosheets/sheet9.xml", b"<x/>", "inconsistent"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "inconsistent"),
        ("xl/bomb.xml", b"0" * 30_000_000, "out_of_range"),
        ("xl/other.xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>', "inconsistent"),
        ("xl/other.xml", "<x/>".encode("utf-16"), "inconsistent"),
        ("xl/other.xml", b'<?xml version="1.0" encoding="utf-7"?><x/>', "inconsistent"),
        ("XL/WORKBOOK.XML", b"<x/>", "inconsistent"),
        (
            "xl/worksheets/_rels/sheet1.xml.rels",
            b'<x><Relationship Id="r" Type="t/oleObject" Target="http://x/" TargetMode="External"/></x>',
            "inconsistent",
        ),
    ],
)
@pytest.mark.check(40, 41)
def test_a_dangerous_part_is_refused(name, part, code):
    assert faults_of(_with_extra(PLAIN, name, part), "a.xlsx") == [(1, "", code)]


@pytest.mark.check(40)
def test_too_many_parts_are_refused():
    out = io.BytesIO(PLAIN)
    with zipfile.ZipFile(out, "a") as package:
        for number in range(2_100):
            package.writestr(f"x/{number}", "")
    assert faults_of(out.getvalue(), "a.xlsx") == [(1, "", "inconsistent")]


@pytest.mark.parametrize("place", ["XFD2", "A1048576", "BM2", "A300000", "&#65;2"])
@pytest.mark.check(40)
def test_a_cell_far_out_is_refused_before_it_costs_memory(place):
    content = with_part(PLAIN, "sheet1.xml", b'r="A2"', f'r="{place}"'.encode())
    assert faults_of(content, "a.xlsx") == [(1, "", "out_of_range")]


def test_a_long_text_shared_by_many_cells_is_refused():
    many = workbook(["a"], *[["x" * 30_000]] * 9_000)
    assert faults_of(many, "a.xlsx") == [(1, "", "out_of_range")]


@pytest.mark.check(40)
def test_a_size_that_is_not_what_the_file_says_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", b"<x>" + b"0" * 1_000_000)
    content = out.getvalue().replace((1_000_003).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert faults_of(content, "a.xlsx") == [(1, "", "inconsistent")]


def test_a_link_to_a_web_page_is_harmless():
    content = workbook(
        ["a"], ["x"], change=lambda sheet: setattr(sheet["A2"], "hyperlink", "https://example.com")
    )
    assert read_table(content).rows == [(2, ("x",))]


@pytest.mark.check(40)
def test_a_file_above_the_limit_is_not_even_opened(tmp_path: Path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    with pytest.raises(UnreadableTable, match="too large"):
        read_table(path)


def test_more_rows_than_allowed_are_refused():
    assert faults_of(b"a\n" + b"1\n" * 200_001) == [(1, "", "out_of_range")]


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"a,b\n"]))
def test_any_bytes_give_a_table_or_a_fault(content, head):
    assert _outcome(head + content)


@given(st.data())
def test_a_damaged_workbook_gives_a_table_or_a_fault(data):
    content = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert _outcome(bytes(content))


def _outcome(content: bytes) -> object:
    try:
        return read_table(content, "a.xlsx" if content.startswith(b"PK") else "a.csv")
    except UnreadableTable as error:
        return error.faults
