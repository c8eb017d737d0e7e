"""Purchase orders on the command line: listed, changed, approved and refused."""

from flask import Flask

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.purchasing import approving
from tests import building
from tests.support.commands import Run
from tests.warehouse import day


def test_drafts_are_changed_approved_and_refused(app: Flask, cli_runner: Run) -> None:
    with transaction():
        approving.set_approve_first(wanted=True, now=building.NOW, actor="test")
    products = [building.add_product(building.add_supplier(f"S{n}"), f"P{n}") for n in (1, 2)]
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 8, "P2": 2})
    building.close(app, round_)
    db.session.rollback()
    listed = cli_runner("purchases", "list", "--state", "draft", "--json").json
    second, first = (one["purchase_order"] for one in listed)
    changed = cli_runner("purchases", "change", first, "P1=1").stdout
    assert "P1  8 ordered: 1 × 6 = 6, 2 short" in changed
    assert cli_runner("purchases", "approve", first, "--json").json["state"] == "approved"
    assert "waits for approval" in cli_runner("purchases", "change", first, "P1=2", check=False).stderr
    assert cli_runner("purchases", "change", second, "P2", check=False).exit_code == 2
    assert "refuse it instead" in cli_runner("purchases", "change", second, "P2=0", check=False).stderr
    refused = cli_runner("purchases", "refuse", second, "--reason", "太贵").stdout
    assert ("cancelled" in refused, "太贵" in refused) == (True, True)
    assert cli_runner("purchases", "show", second, "--json").json["note"] == "太贵"
    assert cli_runner("purchases", "show", "PO-0", check=False).exit_code == 1
    assert day.wrong() == []
