"""Files: what comes in is judged by its content, what goes out is named, typed and kept out of caches."""

import csv
import io
import re
import zipfile
from email.message import Message
from itertools import product

import pytest

from groupbuy.documents.csv_files import csv_for_people
from groupbuy.documents.sheet import Column, Sheet, table
from groupbuy.documents.xlsx import write_xlsx
from tests.security.town import Town

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "  =1",
    "\u3000=1",
)
DOWNLOADS = (
    ("leader", "/leader/rounds/C0/pickup_sheet.xlsx"),
    ("leader", "/leader/rounds/C0/pickup_sheet.pdf"),
    ("supplier", "/supplier/orders/{po}.xlsx"),
    ("operator", "/admin/rounds/C0/papers/matrix.pdf"),
    ("operator", "/admin/rounds/C0/papers.zip"),
    ("operator", "/admin/orders?export=xlsx"),
    ("operator", "/admin/orders?export=csv"),
    ("operator", "/admin/products/import/products/template.xlsx"),
)
FOLDERS = ("/static/", "/uploads/", "/admin/products/import/products/", "/leader/moving-in/", "/leader/file/")
CLIMBS = ("../secret_key", "..%2fsecret_key", "%2e%2e/secret_key", "..\\secret_key", "/etc/passwd", "....//x")
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "csv": "text/csv",
}


@pytest.mark.check(39)
def test_no_text_becomes_a_formula_in_a_workbook_or_a_csv_for_people(database_kind: str) -> None:
    sheet = Sheet("单", [Column("名")], table([(text,) for text in FORMULAS]))
    with zipfile.ZipFile(io.BytesIO(write_xlsx([sheet]))) as package:
        parts = "".join(package.read(name).decode() for name in package.namelist() if "sheet1" in name)
    assert not re.search(r"<f[ >]", parts)
    lines = csv.reader(io.StringIO(csv_for_people(sheet).decode("utf-8-sig"), newline=""))
    assert [row[0][0] for row in lines][1:] == ["'"] * len(FORMULAS)


@pytest.mark.check(45)
def test_every_download_has_a_fixed_type_a_name_and_is_not_kept(town: Town, database_kind: str) -> None:
    for who, path in DOWNLOADS:
        with town.open(who, path) as answer:
            headers, status = answer.headers, answer.status_code
        assert status == 200, path
        said = Message()
        said["Content-Disposition"] = headers["Content-Disposition"]
        assert said.get_content_disposition() == "attachment", path
        assert headers["Content-Disposition"].isascii(), path
        suffix = str(said.get_filename()).rpartition(".")[2]
        assert headers["Content-Type"].partition(";")[0] == TYPES[suffix], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Cache-Control"] == "no-store", path


@pytest.mark.check(46)
def test_no_address_leads_out_of_a_folder(town: Town, database_kind: str) -> None:
    for who, place, climb in product(("nobody", "leader", "operator"), FOLDERS, CLIMBS):
        with town.browser(who).get(place + climb) as answer:
            assert answer.status_code in (303, 308, 403, 404), place + climb


@pytest.mark.check(42)
@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\x00" * 20,
        b"\x89PNG\r\n\x1a\n" + b"<script>",
    ],
)
def test_what_is_no_photograph_is_no_picture_whatever_its_name_says(
    town: Town, content: bytes, database_kind: str
) -> None:
    fields = {"name": "苹果", "unit": "份", "price_fen": "1", "cost_fen": "1", "case_size": "1"}
    picture = (io.BytesIO(content), "photo.png", "image/png")
    answer = town.browser("operator").post("/admin/products/P1", data=fields | {"picture": picture})
    assert answer.status_code == 422
