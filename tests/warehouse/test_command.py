"""Receiving and allocating from the command line."""

from pathlib import Path

from flask import Flask

from tests import building
from tests.support.commands import Run
from tests.warehouse import day


def test_a_file_is_received_once_and_what_is_short_is_shared_out(
    app: Flask, run_cli: Run, tmp_path: Path
) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    for leader in ("L1", "L2"):
        building.place(round_, building.add_resident(building.add_leader(leader)), {"P1": 3})
    building.close(app, round_)
    number = day.order_of(round_).number
    file = tmp_path / "came.csv"
    file.write_text("product_code,delivered,rejected,reason\nP1,5,1,压坏\n", encoding="utf-8")
    tried = run_cli("receive", number, str(file), "--last", "--dry-run")
    assert "would be booked: 5 units delivered, 1 rejected" in tried.stdout
    assert day.order_of(round_).state == "sent" or day.order_of(round_).state == "approved"
    booked = run_cli("receive", number, str(file), "--last", "--json").json
    assert run_cli("receive", number, str(file), "--last", "--json").json == booked
    assert booked["lines"][0]["accepted"] == 4
    preview = run_cli("allocate", round_.name, "--policy", "equal_per_leader", "--dry-run", "--json").json
    assert (preview["units"], preview["lines"]) == (2, 2)
    done = run_cli("allocate", round_.name, "--policy", "equal_per_leader")
    assert done.stdout == "2 lines lost 2 units worth ¥19.80.\n"
    assert run_cli("allocate", round_.name, "--policy", "pro_rata").stdout == "Nothing is short.\n"
    assert day.wrong() == []


def test_every_fault_of_a_file_is_named(app: Flask, run_cli: Run, tmp_path: Path) -> None:
    file = tmp_path / "came.csv"
    file.write_text("product_code,delivered,best_before\n,x,soon\n", encoding="utf-8")
    refused = run_cli("receive", "PO-1", str(file), check=False)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "Row 2, product_code: Say which product. (required)",
        "Row 2, delivered: Write a whole number. (not_a_number)",
        "Row 2, best_before: Write a day as 2026-12-31. (not_a_date)",
    ]
