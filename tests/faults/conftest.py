"""Runs one kind of fault in a process of its own, on the database of the test."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flask import json

from tests.faults.books import Outcome
from tests.support.commands import ROOT

Inject = Callable[..., Outcome]


@pytest.fixture
def inject(command_environ: Mapping[str, str], database_url: str, tmp_path: Path) -> Inject:
    """Return ``inject("T4", 50)``; a fault driver forks, kills and dies, so it is no part of pytest."""

    def run(name: str, size: int, **environ: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults", name, str(size)],
            env={**command_environ, "GROUPBUY_LOG_LEVEL": "error", **environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.stdout, done.stderr[-4000:]
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))

    return run
