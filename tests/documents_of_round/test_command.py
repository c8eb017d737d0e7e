"""``groupbuy documents`` as people run it."""

import json
import subprocess
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import python_calamine
import time_machine

from tests import building
from tests.building import CLOSES
from tests.support.commands import COMMAND


@pytest.fixture
def closed_round(app):
    """Close a round of two leaders and two suppliers."""
    products = [building.add_product(building.add_supplier(f"S{number}"), f"P{number}") for number in (1, 2)]
    residents = [
        building.add_resident(building.add_leader(f"L{number}", name=name), room="3-201")
        for number, name in ((1, "王秀兰"), (2, "李/梅"))
    ]
    round_ = building.add_round(products)
    for resident in residents:
        building.place(round_, resident, {"P1": 2, "P2": 1})
    return building.close(app, round_)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def workbooks(folder: Path) -> dict[str, list[list[object]]]:
    """Return the rows of each workbook, without the moment of its print."""
    return {
        str(path.relative_to(folder)): python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
        for path in folder.rglob("*.xlsx")
    }


def test_it_writes_every_document_and_the_manifest(closed_round, cli_runner, tmp_path):
    cli_runner("documents", "C1", "--out", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["round"] == "C1"
    whose = [(file["kind"], file.get("leader") or file.get("supplier")) for file in manifest["files"]]
    assert whose == [
        ("pickup_sheet", "L1"),
        ("pickup_sheet", "L2"),
        ("sorting_list", "L1"),
        ("sorting_list", "L2"),
        ("pick_list", None),
        ("matrix", None),
        ("purchase_order", "S1"),
        ("purchase_order", "S2"),
        ("commission_statement", "L1"),
        ("commission_statement", "L2"),
    ]
    assert set(contents(tmp_path / "out")) == {file["path"] for file in manifest["files"]} | {"manifest.json"}


def test_names_of_files_can_be_read_and_are_safe(closed_round, cli_runner, tmp_path):
    cli_runner("documents", "C1", "--out", tmp_path)
    assert (tmp_path / "pickup_sheet" / "提货单 L1 王秀兰.xlsx").is_file()
    assert (tmp_path / "pickup_sheet" / "提货单 L2 李梅.xlsx").is_file()


def test_pdfs_stand_beside_the_workbooks_with_an_entry_each(closed_round, cli_runner, tmp_path):
    manifest = cli_runner("documents", "C1", "--out", tmp_path, "--pdf", "--json").json
    paths = [file["path"] for file in manifest["files"]]
    assert sorted(path[:-4] for path in paths if path.endswith(".pdf")) == sorted(
        path[:-5] for path in paths if path.endswith(".xlsx")
    )
    assert (tmp_path / paths[0]).read_bytes().startswith(b"%PDF")


def test_running_twice_at_one_moment_gives_the_same_content(closed_round, cli_runner, tmp_path):
    with time_machine.travel(CLOSES, tick=False):
        cli_runner("documents", "C1", "--out", tmp_path / "a", "--pdf", "--zip", tmp_path / "a.zip")
        cli_runner("documents", "C1", "--out", tmp_path / "b", "--pdf", "--zip", tmp_path / "b.zip")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_running_later_gives_the_same_rows_with_a_later_print_time(closed_round, cli_runner, tmp_path):
    for name, moment in (("a", CLOSES), ("b", CLOSES + timedelta(minutes=1))):
        with time_machine.travel(moment, tick=False):
            cli_runner("documents", "C1", "--out", tmp_path / name)
    assert workbooks(tmp_path / "a") == workbooks(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "b")


def test_the_zip_holds_all_files_under_their_names(closed_round, cli_runner, tmp_path):
    cli_runner("documents", "C1", "--out", tmp_path / "out", "--zip", tmp_path / "all.zip")
    package = zipfile.ZipFile(tmp_path / "all.zip")
    assert {name: package.read(name) for name in package.namelist()} == contents(tmp_path / "out")


def test_what_is_no_document_any_more_is_removed_and_other_files_stay(closed_round, cli_runner, tmp_path):
    cli_runner("documents", "C1", "--out", tmp_path, "--pdf")
    (tmp_path / "notes.txt").write_text("mine")
    cli_runner("documents", "C1", "--out", tmp_path)
    assert not list(tmp_path.rglob("*.pdf"))
    assert (tmp_path / "notes.txt").exists()


def test_a_folder_that_cannot_be_finished_has_no_manifest(closed_round, cli_runner, tmp_path):
    cli_runner("documents", "C1", "--out", tmp_path)
    (tmp_path / "purchase_order").rename(tmp_path / "moved")
    (tmp_path / "purchase_order").write_text("in the way")
    result = cli_runner("documents", "C1", "--out", tmp_path, check=False)
    assert result.exit_code == 1
    assert "purchase_order" in result.stderr
    assert not (tmp_path / "manifest.json").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_before_the_close_there_are_no_documents(app, cli_runner, tmp_path):
    building.add_round([building.add_product(building.add_supplier())])
    result = cli_runner("documents", "C1", "--out", tmp_path / "out", check=False)
    assert result.exit_code == 1
    assert "not closed" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_round_that_nobody_knows_is_an_error(app, cli_runner, tmp_path):
    result = cli_runner("documents", "nothing", "--out", tmp_path, check=False)
    assert (result.exit_code, result.stdout) == (1, "")


def test_a_round_without_orders_has_an_empty_manifest(app, cli_runner, tmp_path):
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.close(app, round_)
    manifest = cli_runner("documents", "C1", "--out", tmp_path, "--json").json
    assert manifest == {"round": "C1", "files": []}


@pytest.mark.check(46)
def test_a_manifest_of_somebody_else_removes_nothing_outside_the_folder(closed_round, cli_runner, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("keep")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"files": [{"path": "../precious"}]}))
    cli_runner("documents", "C1", "--out", folder)
    assert precious.exists()


def test_a_run_that_is_killed_leaves_whole_files_and_no_manifest(
    closed_round, command_environ, cli_runner, tmp_path
):
    folder = tmp_path / "out"
    cli_runner("documents", "C1", "--out", folder)
    whole = workbooks(folder)
    command = [*COMMAND, "documents", "C1", "--out", str(folder), "--pdf"]
    process = subprocess.Popen(command, env=command_environ, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while (folder / "manifest.json").exists() and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not (folder / "manifest.json").exists()
    assert workbooks(folder) == whole
    cli_runner("documents", "C1", "--out", folder)
    assert workbooks(folder) == whole
    assert (folder / "manifest.json").exists()
