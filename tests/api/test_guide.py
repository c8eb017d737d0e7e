"""The commands of docs/api.md work as they stand, and answer in the shapes that it shows."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import ROOT, Run

PHONE, PASSWORD = "13900000001", "Sonnenblume-7"
PREAMBLE = 'set -euo pipefail\ngroupbuy() {{ {python} -m groupbuy "$@"; }}\n'


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the fenced blocks of the guide: their language and text."""
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    yield from re.findall(r"^```(sh|json)\n(.*?)^```$", guide, flags=re.MULTILINE | re.DOTALL)


def script() -> str:
    """Return all shell blocks as one script; each writes what it prints to a file of its own."""
    parts = [PREAMBLE.format(python=shlex.quote(sys.executable))]
    for number, (language, text) in enumerate(blocks()):
        if language == "sh":
            parts.append(f"{{\n{text}}} > out.{number}\n")
    return "".join(parts)


def shape(value: Any) -> Any:
    """Return the field names of a value, of a list those of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


@pytest.fixture
def extra_settings() -> dict[str, str]:
    """Let no daily limit stop the guide."""
    return {"GROUPBUY_RATE_LIMITS": "off"}


def test_the_guide_runs_and_answers_as_it_says(
    live_server: str, run_cli: Run, command_environ: Mapping[str, str], tmp_path: Path
) -> None:
    run_cli(
        "create-user", "--role", "operator", "--phone", PHONE, "--name", "运营", GROUPBUY_PASSWORD=PASSWORD
    )
    environ = {**command_environ, "BASE": live_server, "PHONE": PHONE, "PASSWORD": PASSWORD}
    done = subprocess.run(
        ["bash", "-c", script()], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + "".join(
        path.read_text() for path in sorted(tmp_path.glob("out.*"))
    )
    for number, (language, text) in enumerate(blocks()):
        if language == "json":
            printed = (tmp_path / f"out.{number - 1}").read_text().strip().splitlines()[-1]
            assert shape(json.loads(printed)) == shape(json.loads(text)), text
