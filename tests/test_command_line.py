"""The command as a whole: what it loads, and what it answers to wrong words."""

import subprocess
import sys

import pytest

from groupbuy.cli.main import COMMANDS
from tests.support.commands import Run

ONLY_FOR_SERVING = ("groupbuy.web", "groupbuy.api", "spectree", "gunicorn", "apscheduler", "alembic")


@pytest.mark.parametrize("command", ["import", "documents", "report"])
def test_a_command_loads_neither_pages_nor_api(command: str) -> None:
    code = (
        "import sys; from groupbuy.cli import main; import click;"
        f"main.groupbuy.get_command(click.Context(main.groupbuy), {command!r});"
        f"print([name for name in {ONLY_FOR_SERVING!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_help_names_every_command(run_cli: Run) -> None:
    told = run_cli("--help").stdout

    assert [name for name in COMMANDS if f"  {name} " not in told] == []


def test_an_unknown_command_is_refused(run_cli: Run) -> None:
    answer = run_cli("improt", check=False)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "No such command 'improt'" in answer.stderr
