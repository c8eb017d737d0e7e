"""A copy of the embedded database holds what the original held, even while orders arrive."""

import shutil
import threading
from pathlib import Path

import pytest
from flask import Flask

from groupbuy.db import db
from tests import building
from tests.support.commands import Run


def is_embedded() -> bool:
    return db.engine.dialect.name == "sqlite"


def test_a_backup_under_load_is_whole_and_has_the_orders_acknowledged_before_it(
    app: Flask, run_cli: Run, tmp_path: Path
) -> None:
    resident = building.add_resident(building.add_leader())
    round_ = building.add_round([building.add_product(building.add_supplier())])
    before = [building.place(round_, resident, {"P1": 1}).number for _ in range(5)]
    copy = tmp_path / "copy.db"
    over = threading.Event()

    def go_on_ordering() -> None:
        with app.app_context():
            while not over.wait(0.05):
                building.place(round_, resident, {"P1": 1})

    buyer = threading.Thread(target=go_on_ordering)
    buyer.start()
    answer = run_cli("backup", copy, check=False)
    over.set()
    buyer.join()
    if not is_embedded():
        assert (answer.exit_code, "pg_dump" in answer.stderr) == (1, True)
        return
    assert answer.exit_code == 0
    figures = run_cli("rounds", "show", "C1", "--json", GROUPBUY_DATABASE_URL=f"sqlite:///{copy}").json
    assert figures["orders"] >= len(before)
    assert figures["amount_fen"] == figures["orders"] * 990


@pytest.mark.usefixtures("app")
def test_a_backup_overwrites_nothing(run_cli: Run, tmp_path: Path) -> None:
    first = tmp_path / "copy.db"
    shutil.copy(__file__, first)
    answer = run_cli("backup", first, check=False)
    assert answer.exit_code == 1
    assert first.read_text() == Path(__file__).read_text()
