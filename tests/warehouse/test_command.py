"""Receiving and allocating from the command line."""

from pathlib import Path

from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.support.commands import Run
from tests.warehouse import day
from tests.warehouse.places import add_warehouse, put


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


def test_the_command_shares_out_what_nothing_more_comes_of(app: Flask, run_cli: Run) -> None:
    goods = [building.add_product(building.add_supplier(f"X{place}"), f"X{place}") for place in (1, 2)]
    round_ = building.add_round(goods)
    placed = building.place(round_, building.add_resident(building.add_leader("L1")), {"X1": 4, "X2": 4})
    building.close(app, round_)
    day.receive(purchasing.heads_of_round(round_.id)[0].number, {"X1": 3}, last=True)
    tried = run_cli("allocate", round_.name, "--policy", "pro_rata", "--dry-run")
    assert tried.stdout == "1 lines would lose 1 units worth ¥9.90.\n"
    assert run_cli("allocate", round_.name, "--policy", "pro_rata").stdout.startswith("1 lines lost 1 units")
    assert day.quantities(placed) == {"X1": 3, "X2": 4}
    refused = run_cli("allocate", round_.name, "--policy", "pro_rata", check=False)
    assert (refused.exit_code, "More of X2 may still come" in refused.stderr) == (1, True)


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


def test_goods_are_moved_and_the_stock_is_read_from_the_command_line(app: Flask, run_cli: Run) -> None:
    add_warehouse("G1")
    put(building.add_product(building.add_supplier()), A=4, B=5)
    assert run_cli("transfer", "send", "MAIN", "G1", "P1", check=False).exit_code == 1
    sent = run_cli("transfer", "send", "MAIN", "G1", "P1=6", "--key", "once", "--json").json
    assert run_cli("transfer", "send", "MAIN", "G1", "P1=6", "--key", "once", "--json").json == sent
    assert [(line["batch"], line["sent"]) for line in sent["lines"]] == [("A", 4), ("B", 2)]
    first = sent["lines"][0]["line_id"]
    told = run_cli("transfer", "arrive", sent["number"], f"{first}=3").stdout
    assert "A  sent 4, arrived 3" in told
    assert (
        run_cli("stock", "--warehouse", "G1").stdout == "product_code P1  units 5  reserved 0  on_the_way 0\n"
    )
    back = run_cli("transfer", "send", "MAIN", "G1", "P1=2", "--json").json["number"]
    assert run_cli("transfer", "call-back", back, "--json").json["state"] == "called_back"
    batches = run_cli("stock", "--batches", "--json").json["items"]
    found = [(one["warehouse"], one["batch"], one["units"]) for one in batches]
    assert found == [("G1", "A", 3), ("MAIN", "B", 3), ("G1", "B", 2)]
    assert day.wrong() == []


def test_a_licence_is_noted_once_in_the_file_of_a_supplier(app: Flask, run_cli: Run) -> None:
    building.add_supplier("S1")
    note = ("supplier", "S1", "--licence", "food", "JY1", "--expires", "2020-12-31")
    for _ in range(2):
        told = run_cli(*note).stdout
    assert "barred" in told
    assert [one["number"] for one in run_cli("supplier", "S1", "--json").json["licences"]] == ["JY1"]
    assert run_cli("supplier", "S1", "--expires", "2030-01-01", check=False).exit_code == 2


def test_the_bank_of_a_supplier_is_noted_and_shown_masked_to_commands_and_programs(
    app: Flask, run_cli: Run
) -> None:
    building.add_supplier("S1")
    note = ("supplier", "S1", "--bank", "杭州果业", "工商银行")
    assert "工商银行  •••• 5678" in run_cli(*note, input="6222 0200 1234 5678\n").stdout
    assert run_cli(*note, input="1234\n", check=False).exit_code == 1
    shown = run_cli("supplier", "S1", "--json").json["bank"]
    assert shown == {"holder": "杭州果业", "bank": "工商银行", "account": "•••• 5678"}
    logged = db.session.scalars(select(AuditEntry.after).where(AuditEntry.verb == "supplier_bank_set")).all()
    assert [one["account"] for one in logged] == ["•••• 5678"]
