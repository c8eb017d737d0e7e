"""What is wrong with a file is said in the reader's language: on pages, to programs, at the terminal."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from groupbuy.documents.catalogues import translated
from groupbuy.documents.faults import Fault, UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing import cells
from groupbuy.kernel.errors import BadInput
from tests.api.conftest import Town as ApiTown
from tests.api.conftest import clock
from tests.api.conftest import town as api_town
from tests.support.commands import Run
from tests.web.admin.conftest import town as desk_town
from tests.web.admin.people import Town as DeskTown

__all__ = ["api_town", "clock", "desk_town"]

PRODUCTS = (
    "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan,colour\n"
    "N1,青菜,,S9,份,6,3.00,5.999,green\n"
)
IN_CHINESE = {
    "colour": "请删除这一列；可用的列有 ",
    "supplier_code": "没有 S9，请先导入。",
    "price_yuan": "最多两位小数",
}


def has_chinese(text: str) -> bool:
    """Tell whether a text has a Chinese character."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_preview_and_the_marked_file_follow_the_page(desk_town: DeskTown, language: str) -> None:
    desk_town.operator.client.set_cookie("lang", language)
    file = (io.BytesIO(PRODUCTS.encode()), "蔬菜.csv")
    preview = desk_town.operator.post("/admin/products/import", kind="products", file=file).location
    page = desk_town.operator.get(preview).get_data(as_text=True)
    book = openpyxl.load_workbook(io.BytesIO(desk_town.operator.get(f"{preview}/marked.xlsx").data))
    listed = {row[1]: row[2] for row in book["错误清单"].iter_rows(min_row=2, values_only=True)}
    assert set(listed) == set(IN_CHINESE)
    for column, sentence in IN_CHINESE.items():
        assert (sentence in page) == (sentence in listed[column]) == (language == "zh"), column


@pytest.mark.parametrize(
    ("header", "chinese"), [("zh-CN,zh;q=0.9", True), ("en", False), ("fr", False), (None, False)]
)
def test_programs_say_which_language_they_read(api_town: ApiTown, header: str | None, chinese: bool) -> None:
    staff = api_town.staff()
    headers = {"Authorization": f"Bearer {staff.token}"} | ({"Accept-Language": header} if header else {})
    answer = staff.client.post(
        "/api/v1/imports/products", data=PRODUCTS.encode(), headers=headers, content_type="text/csv"
    )
    codes = {(one["column"], one["code"]) for one in answer.json["errors"]}
    assert codes == {
        ("colour", "unknown_column"),
        ("price_yuan", "out_of_range"),
        ("supplier_code", "unknown_reference"),
    }
    assert answer.json["error"]["code"] == "import_faults"
    said = [one["message"] for one in answer.json["errors"]] + [answer.json["error"]["message"]]
    assert [has_chinese(text) for text in said] == [chinese] * 4
    missing: Any = staff.client.get("/api/v1/orders/ZZZZ", headers=headers).json
    assert (missing["error"]["code"], has_chinese(missing["error"]["message"])) == ("unknown_order", chinese)


@pytest.mark.parametrize(("named", "chinese"), [("zh_CN.UTF-8", True), ("en_GB.UTF-8", False), ("", False)])
def test_the_terminal_is_spoken_to_in_its_language(
    cli_runner: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, chinese: bool
) -> None:
    monkeypatch.setenv("LC_ALL", named)
    monkeypatch.setenv("LANG", "")
    monkeypatch.setenv("LC_MESSAGES", "")
    file = tmp_path / "products.csv"
    file.write_text(PRODUCTS, encoding="utf-8")
    lines = cli_runner("import", "products", file, check=False).stdout.splitlines()
    expected = "第 2 行，supplier_code: 没有 S9，请先导入。 (unknown_reference)"
    english = "Row 2, supplier_code: There is no S9; import it first. (unknown_reference)"
    assert (expected in lines, english in lines) == (chinese, not chinese)
    assert [has_chinese(line) for line in lines] == [chinese] * 4
    told = cli_runner("rounds", "show", "ZZ", check=False)
    assert has_chinese(told.stderr) == chinese


def faults_of(content: bytes, name: str) -> list[Fault]:
    """Return what is wrong with a file that cannot be read."""
    with pytest.raises(UnreadableTable) as error:
        read_table(content, name)
    return list(error.value.faults)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"),
        (b"a,b\n\xff\xfe,1\n", "a.csv"),
        (b"a\x00,b\n1,2\n", "a.csv"),
        (b"a,a\n1,2\n", "a.csv"),
        ("a,b\n1,2\n".encode("utf-16"), "a.csv"),
        (b"PK\x03\x04 no zip", "a.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "a.xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_chinese(content: bytes, name: str) -> None:
    for fault in faults_of(content, name):
        assert has_chinese(translated(fault.message, "zh")), fault


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (cells.code, "a/b"),
        (cells.round_code, "团 1"),
        (cells.reference, "x" * 65),
        (cells.name, "a\x07"),
        (cells.price, "zehn"),
        (cells.price, "1.001"),
        (cells.percent, "viel"),
        (cells.quantity, "1.5"),
        (cells.quantity, "0"),
        (cells.limit, "-1"),
        (cells.day, "morgen"),
        (cells.mobile, "abc"),
        (cells.any_phone, "abc"),
        (cells.email, "abc"),
        (cells.flag, "vielleicht"),
        (cells.temperature_zone, "warm"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_in_chinese(read: Any, text: str) -> None:
    with pytest.raises(BadInput) as error:
        read(text)
    sentence = translated(error.value.message, "zh")
    assert sentence != error.value.message
    assert has_chinese(sentence)
