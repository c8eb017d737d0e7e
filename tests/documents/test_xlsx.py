"""Workbooks are opened again with two other libraries: what was put in is what people see."""

import io
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine

from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.documents.styles import MONEY_FORMAT
from groupbuy.documents.xlsx import tab_name, write_xlsx
from tests.documents import samples


def reopen(sheet: Sheet, *, qr_codes: bool = False):
    return openpyxl.load_workbook(io.BytesIO(write_xlsx([sheet], qr_codes=qr_codes)), rich_text=True).active


def one_column(*cells, kind=Kind.TEXT, total=False) -> Sheet:
    return Sheet("单", (Column("列", kind, total=total),), table([(cell,) for cell in cells]))


def texts(content: bytes) -> list[list[object]]:
    book = python_calamine.load_workbook(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("text", [*samples.DANGEROUS, *samples.ODD, samples.LONG])
@pytest.mark.check(39)
def test_text_from_people_stays_the_text_it_was(text):
    cell = reopen(one_column(text))["A3"]
    assert cell.data_type == "s"
    assert str(cell.value).replace("_x005F_", "_") == text.replace("\r", "\n")
    assert cell.quotePrefix


def test_excel_does_not_read_an_escape_into_a_text():
    assert texts(write_xlsx([one_column("_x0041_")]))[-1] == ["_x0041_"]


def test_what_xml_cannot_hold_is_left_out():
    assert reopen(one_column("a\x00b\x0bc\ud800d\uffffe"))["A3"].value == "abcde"


def test_a_text_longer_than_a_cell_is_cut():
    value = reopen(one_column("果" * 40_000))["A3"].value
    assert len(value) == 32_767
    assert value.endswith("…")


def test_a_phone_is_a_text_and_no_number():
    cell = reopen(one_column("13812345678", kind=Kind.CODE))["A3"]
    assert (cell.value, cell.data_type, cell.number_format) == ("13812345678", "s", "@")


def test_fen_are_shown_as_yuan_in_a_number_cell():
    sheet = reopen(one_column(123_450, -5, 10**13 + 1, kind=Kind.MONEY, total=True))
    assert [sheet[f"A{row}"].value for row in (3, 4, 5)] == [1234.5, -0.05, 100_000_000_000.01]
    assert sheet["A3"].number_format == MONEY_FORMAT
    assert sheet["A6"].value == 100_000_001_234.46


def test_a_rate_is_a_percentage():
    cell = reopen(one_column(1250, -5, kind=Kind.RATE))["A3"]
    assert (cell.value, cell.number_format) == (0.125, "0.00%")


def test_goods_have_a_line_each_with_the_units_in_bold():
    value = reopen(one_column((("苹果", 2), ("香蕉", 10)), (), kind=Kind.GOODS))["A3"].value
    assert str(value) == "苹果 ×2\n香蕉 ×10"
    assert [part.text for part in value if not isinstance(part, str) and part.font.b] == ["×2\n", "×10"]


def test_a_quantity_is_bold():
    assert reopen(one_column(3, kind=Kind.QUANTITY))["A3"].font.b


def test_every_group_has_its_subtotal_and_the_sheet_its_total():
    rows = texts(write_xlsx([samples.pickup_sheet()], qr_codes=False))
    sums = [row[5:7] for row in rows if row[0] in {"小计", "合计"}]
    assert len(sums) == 4
    assert sums[-1] == [sum(units for units, _ in sums[:3]), pytest.approx(sum(yuan for _, yuan in sums[:3]))]
    assert [row[0] for row in rows if row[0] in {"1号楼", "2号楼", "3号楼"}] == ["1号楼", "2号楼", "3号楼"]


def test_it_prints_on_a4_one_page_wide_with_header_and_page_numbers():
    sheet = reopen(samples.matrix())
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.oddFooter.right.text.strip() == "第 &P / &N 页"
    assert sheet.oddFooter.left.text.strip() == "打印 2026-11-22 22:05"
    assert sheet.freeze_panes == "C4"


def test_a_qr_code_per_bag_stands_in_its_row():
    sheet = reopen(samples.pickup_sheet(per_building=3, buildings=2), qr_codes=True)
    assert len(sheet._images) == 6
    assert {image.anchor._from.col for image in sheet._images} == {0}
    codes = [sheet.cell(image.anchor._from.row + 1, 2).value for image in sheet._images]
    assert codes == [f"{number:08d}" for number in range(6)]


def test_the_qr_code_reads_back(tmp_path: Path):
    content = write_xlsx([samples.pickup_sheet(per_building=1, buildings=1)])
    picture = tmp_path / "qr.png"
    picture.write_bytes(zipfile.ZipFile(io.BytesIO(content)).read("xl/media/qr1_1.png"))
    read = subprocess.run(["zbarimg", "-q", "--raw", picture], capture_output=True, check=True, text=True)
    assert read.stdout.strip() == "00000000"


def test_without_qr_codes_their_column_is_left_out():
    rows = texts(write_xlsx([samples.pickup_sheet()], qr_codes=False))
    assert rows[4][0] == "提货码"


def test_signatures_closing_lines_and_notes_stand_below():
    rows = [row[0] for row in texts(write_xlsx([samples.purchase_order()]))]
    assert rows[-2].startswith("金额合计（大写）：")
    assert rows[-1].count("____") >= 4
    assert "供应商确认：" in rows[-1]


def test_tabs_have_names_that_spreadsheets_accept():
    sheets = [
        Sheet(title, (Column("列"),), ()) for title in ("a/b:c", "A b c", "'x'", "", "果" * 40, "🍎" * 20)
    ]
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(sheets)))
    assert book.sheetnames == ["a b c", "A b c 2", "x", "Sheet", "果" * 31, "🍎" * 15]
    assert tab_name("History") == "Sheet"


def test_the_same_sheet_gives_the_same_bytes():
    assert write_xlsx([samples.pickup_sheet()]) == write_xlsx([samples.pickup_sheet()])


def test_an_awkward_title_label_and_note_stay_text():
    sheet = reopen(samples.awkward_sheet())
    assert [sheet[name].data_type for name in ("A1", "A2")] == ["s", "s"]
    assert sheet["A1"].value == "=标题()"


def test_a_workbook_without_a_sheet_is_refused():
    with pytest.raises(ValueError, match="needs a sheet"):
        write_xlsx([])


def test_every_part_is_well_formed_and_named():
    package = zipfile.ZipFile(io.BytesIO(write_xlsx([samples.awkward_sheet(), samples.pickup_sheet(2, 1)])))
    assert package.testzip() is None
    types = package.read("[Content_Types].xml").decode()
    parts = [name for name in package.namelist() if name.endswith(".xml") and not name.startswith("[")]
    assert all(f'"/{name}"' in types for name in parts)
