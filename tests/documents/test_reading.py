"""Tables from people's files: faithful values, or a fault that says where and why."""

import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from groupbuy.documents.reading import Table, read_table
from tests.documents import samples
from tests.documents.workbooks import faults_of, with_part, workbook


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
    content = with_part(workbook(["a"], ["=1+1"]), "sheet1.xml", b"<v />", b"<v>2</v>", b"<v></v>")
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
