"""Files go out to be filled in, come in with faults, go back marked, and come in again."""

import io
import zipfile

import openpyxl
import pytest

from groupbuy.documents import marking
from groupbuy.documents.faults import Fault, UnreadableTable
from groupbuy.documents.marking import LIST_TAB, mark_up
from groupbuy.documents.reading import read_table
from groupbuy.documents.templates import GUIDE_TAB, TemplateColumn, write_template
from tests.documents import samples

FAULTS = [
    Fault(2, "price", "not_a_number", "'x' is no amount."),
    Fault(4, "name", "required", "A name is needed."),
    Fault(4, "price", "out_of_range", "=1+1 is too much."),
    Fault(1, "", "missing_column", "The column unit is missing."),
]


def book_of(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content))


def filled() -> bytes:
    book = openpyxl.Workbook()
    for row in (["name*", "price"], ["=cmd()", "x"], [], [None, "10"]):
        book.active.append(row)
    book.active["A2"].data_type = "s"
    book.active["B4"].number_format = "0.00"
    book.create_sheet("其他")["A1"] = "kept"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_marked_workbook_has_the_reasons_beside_the_rows():
    book = book_of(mark_up(filled(), FAULTS))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 3).value for row in (1, 2, 3, 4)] == [
        "错误原因",
        "price：'x' is no amount.",
        None,
        "name：A name is needed.\nprice：=1+1 is too much.",
    ]
    assert sheet["B2"].fill.fgColor.rgb == sheet["A4"].fill.fgColor.rgb == "FFFDE2DD"
    assert sheet["A2"].fill.fgColor.rgb != "FFFDE2DD"


def test_a_marked_workbook_keeps_what_it_had():
    book = book_of(mark_up(filled(), FAULTS))
    sheet = book.worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=cmd()", "s")
    assert sheet["B4"].number_format == "0.00"
    assert book["其他"]["A1"].value == "kept"


def test_all_faults_are_listed_those_of_the_file_too():
    rows = list(book_of(mark_up(filled(), FAULTS))[LIST_TAB].values)
    assert rows[0] == ("行", "列", "错误原因")
    assert ("1", None, "The column unit is missing.") in rows
    assert len(rows) == 1 + len(FAULTS)


def test_a_marked_file_is_read_again_as_it_is_and_can_be_marked_again():
    once = mark_up(filled(), FAULTS)
    twice = mark_up(once, FAULTS[:1])
    assert read_table(once) == read_table(filled()) == read_table(twice)
    sheet = book_of(twice).worksheets[0]
    assert [sheet.cell(row, 3).value for row in (1, 2, 4)] == ["错误原因", "price：'x' is no amount.", None]
    assert len(book_of(twice)[LIST_TAB]["A"]) == 2


def test_a_csv_file_becomes_a_marked_workbook_with_the_same_row_numbers():
    content = b"name,price\n=cmd(),x\n\n,10\n"
    marked = mark_up(content, FAULTS, "a.csv")
    sheet = book_of(marked).worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=cmd()", "s")
    assert sheet["C4"].value == "name：A name is needed.\nprice：=1+1 is too much."
    assert read_table(marked) == read_table(content)


def test_a_large_workbook_is_written_anew(monkeypatch):
    monkeypatch.setattr(marking, "_LARGE", 10)
    marked = mark_up(filled(), FAULTS)
    assert read_table(marked) == read_table(filled())
    assert book_of(marked).worksheets[0]["C2"].value == "price：'x' is no amount."


def test_a_workbook_that_openpyxl_cannot_open_is_written_anew():
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(filled())) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<xf ", b'<xf unknown="1" '))
    marked = mark_up(content.getvalue(), FAULTS)
    assert book_of(marked).sheetnames == ["数据", LIST_TAB]
    assert read_table(marked) == read_table(filled())


@pytest.mark.check(40, 41)
def test_an_unsafe_workbook_is_not_opened():
    with pytest.raises(UnreadableTable):
        mark_up(b"PK\x03\x04broken", FAULTS)


COLUMNS = (
    TemplateColumn("code", required=True, explanation="商品编码，不重复", example="=P1"),
    TemplateColumn("name", required=True, example=samples.DANGEROUS[0]),
    TemplateColumn("temperature_zone", choices=("常温", "冷藏", "冷冻")),
)


def test_a_template_has_starred_required_columns_and_a_guide():
    book = book_of(write_template("商品", COLUMNS, notes=("=请勿改动表头",)))
    assert book.sheetnames == ["商品", GUIDE_TAB]
    assert [cell.value for cell in book["商品"][1]] == ["code*", "name*", "temperature_zone"]
    guide = list(book[GUIDE_TAB].values)
    assert guide[0][0] == "=请勿改动表头"
    assert guide[2] == ("code", "是", "商品编码，不重复", "=P1")
    assert guide[4] == ("temperature_zone", "否", "可选：常温、冷藏、冷冻", None)
    cells = [cell for row in book[GUIDE_TAB].iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


def test_a_template_offers_choices_and_keeps_codes_as_text():
    sheet = book_of(write_template("商品", COLUMNS))["商品"]
    assert sheet.data_validations.dataValidation[0].formula1 == '"常温,冷藏,冷冻"'
    assert sheet.column_dimensions["A"].number_format == "@"
    assert sheet.freeze_panes == "A2"


def test_a_filled_template_is_read_without_its_stars():
    book = book_of(write_template("商品", COLUMNS))
    book["商品"].append(["P1", "苹果", "常温"])
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue())
    assert table.headers == ("code", "name", "temperature_zone")
    assert table.rows == [(2, ("P1", "苹果", "常温"))]
