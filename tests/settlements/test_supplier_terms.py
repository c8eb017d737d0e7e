"""A supplier's terms on the command line and over the API: cycle, days to pay, rebates."""

from flask import Flask

from tests.settlements.bought import Bought
from tests.settlements.test_supplier_pages import clock, finance_program
from tests.support.commands import Run

__all__ = ["clock"]


def test_terms_and_rebates_are_shown_and_changed_one_by_one(
    app: Flask, bought: Bought, cli_runner: Run
) -> None:
    code, program = bought.supplier.code, finance_program(app)
    shown = ("settlement", "terms", code)
    assert cli_runner(*shown).stdout == "a statement each month, due after 30 days\n"
    cli_runner(*shown, "--cycle", "week", "--rebate", "10:1.5", "--rebate", "50:10")
    assert cli_runner(*shown, "--due-days", "7").stdout.splitlines() == [
        "a statement each week, due after 7 days",
        "from ¥10.00: 1.5 % back",
        "from ¥50.00: 10 % back",
    ]
    for wrong_step in ("10", "10:x", "-1:3", "10:101"):
        assert cli_runner(*shown, "--rebate", wrong_step, check=False).exit_code == 1
    assert cli_runner(*shown, "--due-days", "-1", check=False).exit_code == 1
    path = f"/suppliers/{code}/terms"
    terms = program.get(path).json
    steps = [{"from_fen": 1000, "rate_bp": 150}, {"from_fen": 5000, "rate_bp": 1000}]
    assert terms == {"cycle": "week", "due_days": 7, "rebates": steps}
    for bad in ({"rate_bp": 10_001}, {"rate_bp": -1}, {"from_fen": 1.5}, {"from_fen": -1}):
        assert program.ask("PUT", path, terms | {"rebates": [steps[0] | bad]}).status_code == 422
    assert program.ask("PUT", path, terms | {"rebates": [steps[0]] * 2}).json["error"]["code"] == "bad_steps"
    assert program.ask("PUT", path, terms | {"rebates": steps[1:]}).json["rebates"] == steps[1:]
    made = cli_runner("settlement", "make", code, "--json").json
    # A tenth of ¥54.98, rounded half up.
    assert (made["bought_fen"], made["adjusted_fen"], made["total_fen"]) == (5498, -550, 4948)
    assert cli_runner(*shown, "--no-rebates", "--json").json["rebates"] == []
