"""Files are whole or not there, archives stay inside their folder, CSV has no formulas."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from groupbuy.documents.csv_files import csv_for_people, csv_for_reading, harmless
from groupbuy.documents.files import write_whole, write_zip
from groupbuy.documents.reading import read_table
from tests.documents import samples


def test_a_file_appears_whole_and_replaces_the_old_one(tmp_path: Path):
    path = tmp_path / "new folder" / "单.xlsx"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def broken_files():
    yield "a.xlsx", b"half"
    raise OSError(28, "No space left on device")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="No space left"):
        write_zip(path, broken_files())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "moment",
    ["pathlib.Path.open", "os.fsync", "pathlib.Path.replace"],
    ids=["before writing", "before it is flushed", "before it has its name"],
)
def test_a_process_that_dies_while_writing_leaves_the_old_file(tmp_path: Path, moment: str):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    script = (
        "import os, pathlib, sys\n"
        "from groupbuy.documents.files import write_whole\n"
        f"{moment} = lambda *_: os._exit(137)\n"
        "write_whole(pathlib.Path(sys.argv[1]), b'x' * 1_000_000)\n"
    )
    assert _run(script, path) == 137
    assert path.read_bytes() == b"old"


def test_a_process_that_dies_in_the_middle_of_a_zip_leaves_no_half_file(tmp_path: Path):
    path = tmp_path / "a.zip"
    script = (
        "import os, pathlib, sys\n"
        "from groupbuy.documents.files import write_zip\n"
        "def files():\n"
        "    yield 'a.xlsx', b'x' * 1_000_000\n"
        "    os._exit(137)\n"
        "write_zip(pathlib.Path(sys.argv[1]), files())\n"
    )
    assert _run(script, path) == 137
    assert not path.exists()


def _run(script: str, path: Path) -> int:
    return subprocess.run([sys.executable, "-c", script, path], check=False, cwd=Path.cwd()).returncode


def test_a_zip_holds_the_files_in_order(tmp_path: Path):
    path = tmp_path / "all.zip"
    write_zip(path, ((f"提货单/{number}.xlsx", b"x" * number) for number in range(3)))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"提货单/{number}.xlsx" for number in range(3)]
        assert archive.read("提货单/2.xlsx") == b"xx"


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "..\\a", "C:\\a", ""])
@pytest.mark.check(46)
def test_a_path_that_leads_out_of_the_zip_is_refused(tmp_path: Path, name):
    with pytest.raises(ValueError, match="leads out"):
        write_zip(tmp_path / "a.zip", [(name, b"x")])
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="comes twice"):
        write_zip(tmp_path / "a.zip", [("a", b"1"), ("./a", b"2")])


@pytest.mark.parametrize("text", [text for text in samples.DANGEROUS if not text.startswith("'")])
@pytest.mark.check(39)
def test_csv_for_people_has_no_text_that_is_taken_for_a_formula(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["苹果", "", "1-2-301", "a=b", "'=1"])
def test_other_texts_are_left_alone(text):
    assert harmless(text) == text


def test_csv_for_people_shows_yuan_and_opens_in_a_spreadsheet():
    content = csv_for_people(samples.awkward_sheet())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == ["编码", "名称", "金额"]
    assert rows[2] == ["0001", "'+8613812345678", "0.01"]
    assert len(rows) == 1 + len([*samples.awkward_sheet().rows()])


def test_goods_have_a_line_each_and_qr_codes_are_left_out():
    text = csv_for_people(samples.pickup_sheet(3, 1)).decode("utf-8-sig")
    assert text.startswith("提货码,")
    assert '"红富士苹果 5斤装 ×2\n云南香蕉 3斤 ×1"' in text


@pytest.mark.check(39)
def test_csv_for_reading_is_read_back_exactly():
    names = [*samples.DANGEROUS, *samples.ODD, samples.LONG, '"', ","]
    table = read_table(csv_for_reading(["name", "x"], [[name, "1"] for name in names]))
    assert [cells[0] for _, cells in table.rows] == names
