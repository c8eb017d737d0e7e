"""Tables from people's files: faithful values, or a fault that says where and why."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import Table, read_table
from tests.documents import samples


def workbook(*rows, change=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell in [cell for row in book.active.iter_rows() for cell in row]:
        if cell.data_type == "f" and cell.value in samples.DANGEROUS:
            cell.data_type = "s"
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults_of(content: bytes, name: str = "a.csv") -> list[tuple[int, str, str]]:
    with pytest.raises(UnreadableTable) as caught:
        read_table(content, name)
    assert all(fault.message.endswith(".") for fault in caught.value.faults)
    return [fault[:3] for fault in caught.value.faults]


def test_a_csv_file_is_read_with_or_without_a_byte_order_mark():
    expected = Table(("code", "name"), [(2, ("S1", "果园"))])
    assert read_table("code,name\r\nS1,果园\r\n".encode()) == expected
    assert read_table("\ufeffcode,name\nS1,果园".encode()) == expected


def test_a_file_is_read_from_its_path(tmp_path: Path):
    path = tmp_path / "表.CSV"
    path.write_text("code\nS1\n", encoding="utf-8")
    assert read_table(path).rows == [(2, ("S1",))]


def test_rows_count_as_in_a_spreadsheet_and_blank_ones_are_left_out():
    content = b'code,note\nA,"two\nlines"\n\n ,\nB,x\n'
    assert read_table(content).rows == [(2, ("A", "two\nlines")), (5, ("B", "x"))]


@pytest.mark.parametrize("name", [*samples.DANGEROUS, *samples.ODD, samples.LONG])
def test_names_come_exactly_as_they_were(name):
    csv_name = name.replace('"', '""')
    assert read_table(f'name,x\n"{csv_name}",1\n'.encode()).rows == [(2, (name, "1"))]
    table = read_table(workbook(["name", "x"], [name.replace("_x0041_", "_x005F_x0041_"), 1]))
    assert table.rows == [(2, (name.replace("\r", "\n"), "1"))]


def test_short_rows_are_filled_and_empty_columns_dropped():
    assert read_table(b"a,,b\n1\n2,,3\n") == Table(("a", "b"), [(2, ("1", "")), (3, ("2", "3"))])


def test_a_cell_without_a_header_is_a_fault_of_its_row():
    assert faults_of(b"a,b\n1,2\n1,2,3\n") == [(3, "", "unknown_column")]


def test_two_columns_of_one_name_are_a_fault():
    assert faults_of(b"a,b,a \n1,2,3\n") == [(1, "a", "duplicate")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "missing_column"),
        (b"\n\na,b\n", "missing_column"),
        ("名称\n苹果\n".encode("gbk"), "inconsistent"),
        ("名称\n".encode("utf-16"), "inconsistent"),
        (b"a,b\n1,\x00\n", "inconsistent"),
        (b'a,b\n"1,2\n', "inconsistent"),
        (b'a,b\n"1"x,2\n', "inconsistent"),
        (b"\xd0\xcf\x11\xe0old", "inconsistent"),
        (b"PK\x03\x04broken", "inconsistent"),
    ],
)
def test_a_file_that_cannot_be_read_has_its_fault_in_row_one(content, code):
    assert faults_of(content) == [(1, "", code)]


def test_a_text_file_that_calls_itself_a_workbook_is_refused():
    assert faults_of(b"a,b\n", "a.xlsx") == [(1, "", "inconsistent")]


def test_numbers_come_as_a_person_sees_them():
    row = [3.0, 29.9, 13812345678.0, 13 * 2.3, 0.1 + 0.2, 1e-7, -0.5, 1e15, 0]
    table = read_table(workbook([f"c{n}" for n in range(len(row))], row))
    assert table.rows[0][1] == (
        "3",
        "29.9",
        "13812345678",
        "29.9",
        "0.3",
        "0.0000001",
        "-0.5",
        "1000000000000000",
        "0",
    )


def test_dates_and_yes_and_no_have_one_way_of_writing():
    row = [datetime(2026, 11, 22, 22, 0), date(2026, 11, 22), True, False, "2026-11-22 24:00"]  # noqa: DTZ001 # A spreadsheet knows no zone.
    assert read_table(workbook(list("abcde"), row)).rows[0][1] == (
        "2026-11-22 22:00:00",
        "2026-11-22 00:00:00",
        "true",
        "false",
        "2026-11-22 24:00",
    )


def test_a_moment_a_hair_before_the_hour_is_the_hour():
    def change(sheet):
        sheet["A2"].value = 46348.9166666666
        sheet["A2"].number_format = "yyyy-mm-dd hh:mm"

    assert read_table(workbook(["a"], [1], change=change)).rows[0][1] == ("2026-11-22 22:00:00",)


def test_a_formula_without_a_stored_value_is_a_fault_of_its_cell():
    content = workbook(["price", "units"], ["=1+1", 2], ["3", "=A2"])
    assert faults_of(content) == [(2, "price", "required"), (3, "units", "required")]


def test_a_formula_gives_its_stored_value():
    content = _with_part(workbook(["a"], ["=1+1"]), "sheet1.xml", b"<v />", b"<v>2</v>", b"<v></v>")
    assert read_table(content).rows == [(2, ("2",))]


def test_a_cell_that_shows_an_error_is_a_fault():
    def change(sheet):
        sheet["B2"].value, sheet["B2"].data_type = "#N/A", "e"

    assert faults_of(workbook(["a", "b"], ["x", ""], change=change)) == [(2, "b", "inconsistent")]


def test_merged_cells_all_have_the_text_of_the_first():
    content = workbook(["a", "b"], ["x", 1], [None, 2], change=lambda sheet: sheet.merge_cells("A2:A3"))
    assert read_table(content).rows == [(2, ("x", "1")), (3, ("x", "2"))]


def test_rows_above_the_table_are_not_skipped():
    def change(sheet):
        sheet["B3"].value = "late"

    assert faults_of(workbook(change=change)) == [(1, "", "missing_column")]


def test_a_hidden_sheet_is_passed_over():
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("商品").append(["shown"])
    out = io.BytesIO()
    book.save(out)
    assert read_table(out.getvalue()).headers == ("shown",)


def test_the_export_that_leaders_know_is_read():
    book = openpyxl.Workbook()
    book.active.append(["下单人", "联系电话", "商品", "订单金额"])
    book.active.append(["梁女士", 13812345679, "新奇士橙(1份十个)", 539.9])
    book.active.append([None, "13917175603", "荔枝(每箱四斤)", None])
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("D2:D3")
    out = io.BytesIO()
    book.save(out)
    assert [cells for _, cells in read_table(out.getvalue()).rows] == [
        ("梁女士", "13812345679", "新奇士橙(1份十个)", "539.9"),
        ("梁女士", "13917175603", "荔枝(每箱四斤)", "539.9"),
    ]


def _with_part(content: bytes, ending: str, *replacements: bytes) -> bytes:
    """Return a workbook in which one part was changed: (new) whole, or (old, new, old) whichever is there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(ending):
                first, value, *others = replacements
                for text in (first, *others):
                    part = part.replace(text, value)
            new.writestr(name, part)
    return out.getvalue()


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
    content = _with_part(PLAIN, "sheet1.xml", b'r="A2"', f'r="{place}"'.encode())
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
