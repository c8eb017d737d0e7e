"""The ``groupbuy`` command as people run it, and inside the test's process where speed counts."""

import contextvars
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from flask import Flask

from groupbuy.app.core import create_core
from groupbuy.cli import main as cli
from groupbuy.config import Settings
from groupbuy.db import db

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "groupbuy")


@dataclass(frozen=True)
class Result:
    """Hold what a command answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Return standard output read as JSON."""
        return json.loads(self.stdout)


Run = Callable[..., Result]


@pytest.fixture
def command_environ(environment: Mapping[str, str]) -> dict[str, str]:
    """Return all environment variables for a process of this test."""
    inherited = {key: text for key, text in os.environ.items() if not key.startswith("GROUPBUY_")}
    return {**inherited, **environment, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run_cli(command_environ: Mapping[str, str], tmp_path: Path) -> Run:
    """Return ``run_cli("import", "products", path, check=True, input="", **environ)``, a process of its own.

    With ``check``, the default, an exit code other than 0 fails the test with what the command said.
    """

    def run(*arguments: object, check: bool = True, input: str = "", **environ: str) -> Result:  # noqa: A002 - as in subprocess
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env={**command_environ, **environ},
            cwd=tmp_path,
            input=input,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return _checked(Result(done.returncode, done.stdout, done.stderr), arguments, check)

    return run


@pytest.fixture
def cli_runner(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Yield the same as ``run_cli`` in this process: faster, but the test must hold no transaction open."""
    apps: list[Flask] = []

    def create_and_keep(settings: Settings) -> Flask:
        apps.append(create_core(settings))
        return apps[-1]

    monkeypatch.setattr(cli, "create_core", create_and_keep)
    for key, text in environment.items():
        monkeypatch.setenv(key, text)

    def run(*arguments: object, check: bool = True, input: str = "", **environ: str) -> Result:  # noqa: A002 - as in subprocess
        done = contextvars.Context().run(
            CliRunner().invoke,
            cli.groupbuy,
            [str(argument) for argument in arguments],
            input=input,
            env=environ,
        )
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return _checked(Result(done.exit_code, done.stdout, done.stderr), arguments, check)

    yield run
    # A process would have ended and let go of its connections.
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def _checked(result: Result, arguments: tuple[object, ...], check: bool) -> Result:
    assert not check or result.exit_code == 0, f"{arguments} ended with {result}"
    return result


@pytest.fixture
def live_server(command_environ: Mapping[str, str], tmp_path: Path) -> Iterator[str]:
    """Yield the address of ``groupbuy serve --no-scheduler``, a process of its own on the test's database."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "server.log"
    address = f"http://127.0.0.1:{port}"
    command = [*COMMAND, "serve", "--host", "127.0.0.1", "--port", str(port), "--no-scheduler"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=command_environ, cwd=tmp_path, stdout=output, stderr=output)
    try:
        _wait_until_it_answers(address, server, log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_it_answers(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, f"the server ended: {log.read_text()}"
        try:
            with urlopen(address, timeout=10):  # noqa: S310 - our own address
                return
        except HTTPError:
            return
        except URLError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not answer: {log.read_text()}")
