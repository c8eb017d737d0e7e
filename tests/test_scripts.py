"""The commands for people: what they say when the machine lacks something, and what they write."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import ROOT

SCRIPTS = ROOT / "scripts"


def run_script(script: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script], env=os.environ | environ, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of what the scripts need, without an environment."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    for name in ("setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_without_a_new_enough_python_people_are_told_what_to_install(tmp_path: Path) -> None:
    for program in ("sh", "dirname", "readlink", "cat"):
        (tmp_path / program).symlink_to(shutil.which(program) or program)
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)

    answer = run_script(SCRIPTS / "start", PATH=str(tmp_path))

    assert answer.returncode == 1
    assert "Python 3.11 or newer" in answer.stderr


def test_an_environment_of_somebody_else_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "theirs").touch()

    answer = run_script(checkout / "scripts" / "start", PYTHON=sys.executable)

    assert answer.returncode == 1
    assert "was not made by this script" in answer.stderr
    assert (checkout / ".venv" / "theirs").exists()


def test_pins_cover_what_setup_cfg_asks_for() -> None:
    asked = re.findall(r"^    ([A-Za-z][\w-]*)(?:\[\w+\])? *(?:[=<>].*)?$", _requirements(), re.MULTILINE)
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}

    assert len(asked) > 30
    assert {name.lower().replace("_", "-") for name in asked} <= {name.replace("_", "-") for name in pinned}


def test_the_people_of_a_real_week_have_phones_of_their_own(tmp_path: Path) -> None:
    script = SCRIPTS / "real_week.py"
    subprocess.run(
        [sys.executable, script, "--week", "1", "--out", tmp_path], check=True, capture_output=True
    )

    phones = [row["phone"] for kind in ("leaders", "residents", "suppliers") for row in _rows(tmp_path, kind)]
    assert len(phones) > 2_569
    assert len(set(phones)) == len(phones)
    assert all(re.fullmatch(r"154\d{8}", phone) for phone in phones)


def _requirements() -> str:
    text = (ROOT / "setup.cfg").read_text()
    needed = text.split("install_requires =")[1].split("[options.packages.find]")[0]
    for extra in ("payments", "postgres", "routes", "telemetry"):
        needed = needed.replace(f"groupbuy[{extra}]", "")
    return needed


def _rows(folder: Path, kind: str) -> list[dict[str, str]]:
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
