"""PDF files are read back with the tools of poppler and zbar: what is printed is what was put in."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from groupbuy.documents.pdf import CELLS_AT_ONCE, write_pdf
from groupbuy.documents.print_data import printable
from groupbuy.documents.sheet import Column, Group, Kind, Sheet, table
from tests.documents import samples


def run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def pages(tmp_path: Path, *sheets: Sheet, cells_at_once: int = CELLS_AT_ONCE) -> list[str]:
    """Return the text of each page."""
    path = tmp_path / "sheet.pdf"
    path.write_bytes(write_pdf(sheets, cells_at_once=cells_at_once))
    return run("pdftotext", "-layout", path, "-").split("\f")[:-1]


def places(tmp_path: Path) -> list[list[tuple[str, int, int]]]:
    """Return the words of each page with their places in points."""
    boxes = run("pdftotext", "-bbox", tmp_path / "sheet.pdf", "-")
    words = r'<word xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>([^<]*)<'
    return [
        sorted((word, round(float(left)), round(float(top))) for left, top, word in re.findall(words, page))
        for page in boxes.split("</page>")
    ]


def sums(text: str, label: str) -> list[tuple[int, int]]:
    """Return (units, fen) of the lines of sums with this label."""
    found = re.findall(rf"^\s*{label}\s+(\d+)\s+¥([\d,.]+)\s*$", text, re.MULTILINE)
    return [(int(units), int(yuan.replace(",", "").replace(".", ""))) for units, yuan in found]


def test_every_page_has_its_sums_and_they_make_up_the_total(tmp_path):
    sheet = samples.pickup_sheet(per_building=25, buildings=3)
    texts = pages(tmp_path, sheet)
    page_sums = [sums(text, "本页小计") for text in texts]
    assert len(texts) > 3
    assert all(len(found) == 1 for found in page_sums)
    total = tuple(sum(column) for column in zip(*[found[0] for found in page_sums], strict=True))
    assert [total] == sums(texts[-1], "合计") == [sheet.sums()[6:8]]


def test_the_sums_of_a_page_are_those_of_its_own_rows(tmp_path):
    rows = [(f"c{number:03d}", number, number) for number in range(1, 121)]
    columns = (
        Column("编码"),
        Column("数量", Kind.QUANTITY, total=True),
        Column("金额", Kind.MONEY, total=True),
    )
    for text in pages(tmp_path, Sheet("单", columns, table(rows))):
        on_page = sum(int(number) for number in re.findall(r"c(\d{3})", text))
        assert sums(text, "本页小计") == [(on_page, on_page)]


def test_header_group_heading_and_page_number_are_on_every_page(tmp_path):
    texts = pages(tmp_path, samples.pickup_sheet(per_building=40, buildings=1))
    assert len(texts) > 1
    for number, text in enumerate(texts, 1):
        assert "商品×数量" in text
        assert "1号楼" in text
        assert f"第{number}/{len(texts)}页" in text.replace(" ", "")
        assert "打印 2026-11-22 22:05" in text


def test_a_total_alone_on_a_page_has_the_header_above_it(tmp_path):
    sheet = samples.purchase_order(1)
    alone = 0
    for count in range(46, 56):
        last = pages(tmp_path, replace(sheet, groups=samples.purchase_order(count).groups))[-1]
        assert last.index("商品编码") < last.index("合计")
        alone += "P0000" not in last
    assert alone


def test_sheets_are_set_in_threads_side_by_side():
    sheets = [replace(samples.purchase_order(30), printed=str(number)) for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda sheet: write_pdf([sheet]), sheets))
    assert together == [write_pdf([sheet]) for sheet in sheets]


def test_head_signatures_closing_lines_and_notes_are_printed(tmp_path):
    text = pages(tmp_path, samples.purchase_order())[0]
    assert all(label in text for label in ("供应商：", "制单：", "审核：", "供应商确认：", "收货："))
    assert "金额合计（大写）：壹佰玖拾伍万捌仟壹佰陆拾元整" in text


def test_it_is_a4_with_an_embedded_chinese_font(tmp_path):
    pages(tmp_path, samples.matrix())
    path = tmp_path / "sheet.pdf"
    assert "841.89 x 595.276 pts (A4)" in run("pdfinfo", path)
    fonts = run("pdffonts", path).splitlines()[2:]
    assert any("NotoSansSC" in font for font in fonts)
    assert all(re.search(r"yes\s+yes\s+yes\s+\d+\s+\d+$", font) for font in fonts)


@pytest.mark.check(22)
def test_text_from_people_is_never_markup(tmp_path):
    names = [name for name in samples.DANGEROUS + samples.ODD if name.isprintable()]
    columns = (Column("名称", Kind.TEXT, 60),)
    text = "".join(pages(tmp_path, Sheet("#panic() *x*", columns, table([(name,) for name in names]))))
    assert "#panic() *x*" in text
    assert all(name.strip() in text for name in names)


def test_nothing_is_wider_than_the_paper(tmp_path):
    path = tmp_path / "sheet.pdf"
    awkward = samples.awkward_sheet()
    wide = Group([("W" * 24, "W" * 300, 10**14), ("1" * 24, "https://x.example/" + "a" * 100, -(10**14))])
    for sheet in (replace(awkward, groups=(*awkward.groups, wide), notes=("N" * 400,)), samples.matrix()):
        path.write_bytes(write_pdf([sheet]))
        boxes = run("pdftotext", "-bbox", path, "-")
        width = float(re.search(r'<page width="([\d.]+)"', boxes)[1])
        places = re.findall(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.]+)"', boxes)
        assert min(float(left) for left, _ in places) >= 28
        assert max(float(right) for _, right in places) <= width - 28


def picture(tmp_path: Path, name: str) -> bytes:
    """Return a page that shows nothing but a name, as a picture."""
    path = tmp_path / "sheet.pdf"
    path.write_bytes(write_pdf([Sheet("单", (Column("名称"),), table([(name,)]))]))
    run("pdftoppm", "-r", "60", "-gray", "-singlefile", path, tmp_path / "page")
    return (tmp_path / "page.pgm").read_bytes()


def test_emoji_and_the_boxes_for_ticks_are_drawn(tmp_path):
    marks = ("🍎", "🥬", "👍🏻", "🇨🇳", "❤️", "☑", "□", "ئۇ", "龘", "䶮")
    missing = "\U00020000"
    drawn = [picture(tmp_path, mark) for mark in (*marks, missing)]
    assert len(set(drawn)) == len(drawn)


def test_a_character_that_no_font_has_is_a_box_and_not_nothing(tmp_path):
    rare, other, nothing = (picture(tmp_path, name) for name in ("\U00020000", "\U00020bb7", ""))
    assert rare == other != nothing


def test_fonts_of_the_machine_are_not_used(tmp_path):
    pages(tmp_path, Sheet("🍎", (Column("名称"),), table([("ئۇيغۇر 王",)])))
    names = re.findall(r"\+(Noto[A-Za-z]+)", run("pdffonts", tmp_path / "sheet.pdf"))
    assert sorted(names) == ["NotoEmoji", "NotoSansArabic", "NotoSansSC"]


def test_units_stand_behind_a_name_written_from_right_to_left(tmp_path):
    pages(tmp_path, Sheet("单", (Column("商品", Kind.GOODS, 30),), table([((("ئۇيغۇر", 12),),)])))
    boxes = run("pdftotext", "-bbox", tmp_path / "sheet.pdf", "-")
    places = {text: float(left) for left, text in re.findall(r'xMin="([\d.]+)"[^>]*>([^<]+)<', boxes)}
    name = [left for text, left in places.items() if "\u0600" < text[0] < "\u0700"]
    assert max(name) < places["×12"]


def test_a_long_text_is_printed_whole(tmp_path):
    text = "".join(pages(tmp_path, samples.awkward_sheet()))
    printed = "".join(re.findall(r"[\u4e00-\u9fff]+", text))
    assert samples.LONG in printed


def test_a_text_longer_than_a_page_goes_on_on_the_next(tmp_path):
    texts = pages(tmp_path, Sheet("单", (Column("备注"),), table([("果" * 9_000 + "终",)])))
    assert len(texts) > 1
    assert sum(text.count("果") for text in texts) == 9_000


def test_every_bag_has_its_qr_code(tmp_path):
    pages(tmp_path, samples.pickup_sheet(per_building=8, buildings=1))
    run("pdftoppm", "-r", "150", "-png", tmp_path / "sheet.pdf", tmp_path / "page")
    found = run("zbarimg", "-q", "--raw", *sorted(tmp_path.glob("page-*.png"))).split()
    assert sorted(found) == [f"{number:08d}" for number in range(8)]


def test_many_sheets_go_into_one_file_each_with_its_own_page_numbers(tmp_path):
    sheets = [replace(samples.pickup_sheet(12, 1), title=f"提货单{number}") for number in range(45)]
    texts = [text.replace(" ", "") for text in pages(tmp_path, *sheets, samples.matrix())]
    firsts = [text for text in texts if "第1/" in text]
    assert len(firsts) == 46
    assert [text.split("\n")[0] for text in firsts[:-1]] == [sheet.title for sheet in sheets]
    assert "841.89" in run("pdfinfo", "-f", str(len(texts)), "-l", str(len(texts)), tmp_path / "sheet.pdf")


LARGE = {
    "a table": samples.purchase_order(130),
    "groups with subtotals": samples.pickup_sheet(per_building=9, buildings=6),
    "small groups": samples.pickup_sheet(per_building=1, buildings=30),
    "across": samples.matrix(products=90),
    "without sums": Sheet("单", (Column("名称"),), table([(f"商品{n}",) for n in range(150)])),
    "rows longer than a page": Sheet("单", (Column("备注"),), table([("果" * 3_000 + "终",)] * 5)),
    "awkward names": replace(samples.awkward_sheet(), groups=table([*samples.awkward_sheet().rows()] * 6)),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_sheet_set_in_pieces_has_the_pages_of_the_whole(tmp_path, name):
    sheets = [samples.purchase_order(3), LARGE[name], samples.matrix(products=5)]
    whole, placed = pages(tmp_path, *sheets), places(tmp_path)
    assert len(whole) >= 5
    assert pages(tmp_path, *sheets, cells_at_once=len(LARGE[name].columns) * 30) == whole
    assert places(tmp_path) == placed


def test_a_sheet_set_in_pieces_gives_the_same_bytes_again():
    sheets = [samples.purchase_order(90)]
    assert write_pdf(sheets, cells_at_once=500) == write_pdf(sheets, cells_at_once=500)


def test_the_typesetter_keeps_nothing_of_the_sheets_it_has_set():
    script = (
        "import resource; from groupbuy.documents.pdf import write_pdf; from tests.documents import samples;"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "write_pdf([samples.purchase_order(400)]); once = most();"
        "write_pdf([samples.purchase_order(1_200)]); print(most() - once)"
    )
    assert int(run(sys.executable, "-c", script)) < 60


def test_a_code_in_capitals_and_the_print_line_stand_on_one_line_each(tmp_path):
    code, printed = (
        "PROD-2026-LONGCODE-0001",
        "打印 2026-11-22 19:28 · 第 1 版 · 截单 2026-11-21 20:00 · FRESH-20261122",
    )
    rows = [(1, code, *row[2:]) for row in samples.purchase_order(2).rows()]
    text = pages(tmp_path, replace(samples.purchase_order(), groups=table(rows), printed=printed))[0]
    assert text.count(code) == 2
    assert re.search("FRESH-20261122 +第1/1页", text)


def test_a_sheet_without_sums_has_no_line_of_sums(tmp_path):
    text = "".join(pages(tmp_path, Sheet("单", (Column("名称"),), table([("苹果",)]))))
    assert "合计" not in text
    assert "本页" not in text


def test_an_empty_sheet_is_printed(tmp_path):
    assert "提货单" in pages(tmp_path, replace(samples.pickup_sheet(), groups=()))[0]


def test_the_same_sheet_gives_the_same_bytes():
    assert write_pdf([samples.purchase_order(3)]) == write_pdf([samples.purchase_order(3)])


def test_a_pdf_without_a_sheet_is_refused():
    with pytest.raises(ValueError, match="needs a sheet"):
        write_pdf([])


def test_marks_that_turn_the_direction_are_not_printed():
    assert printable("\u202e王女士\u2066x") == "王女士x"


def test_long_runs_may_be_broken_and_short_ones_not():
    assert printable("13812345678", 11) == "13812345678"
    assert printable("1" * 12, 11) == "\u200b".join("1" * 12)
    assert printable("苹果" * 40, 10) == "苹果" * 40
