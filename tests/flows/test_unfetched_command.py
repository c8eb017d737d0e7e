"""What the page and the API can do with what nobody fetched, at the command line."""

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import TimeMachineFixture

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.flows.test_following_up import HOUR, tick
from tests.flows.test_unfetched import THERE, orders
from tests.support.commands import Run
from tests.warehouse import day

__all__ = ["orders"]


@pytest.fixture
def numbers(app: Flask, orders: list[int], time_machine: TimeMachineFixture) -> list[str]:
    """Warn four residents of strawberries and milk, and let 25 hours go by: the strawberries may go."""
    tick(app, THERE + 18 * HOUR)
    time_machine.move_to(THERE + 25 * HOUR, tick=False)
    found = [db.session.get_one(Order, order_id).number for order_id in orders]
    db.session.rollback()
    return found


def test_perishables_are_listed_and_decided_about_once(numbers: list[str], cli_runner: Run) -> None:
    due = cli_runner("unfetched", "list", "--state", "due", "--json").json
    assert sorted((one["order_no"], one["product_code"], one["quantity"]) for one in due) == sorted(
        (number, "P1", 2) for number in numbers
    )
    assert len(cli_runner("unfetched", "list", "--most", "3").stdout.splitlines()) == 3
    assert cli_runner("unfetched", "list", "--leader", "L9", check=False).exit_code == 1
    gone, left = numbers[:2]
    assert "商品P1 ×2 disposed of" in cli_runner("unfetched", "dispose", gone).stdout
    again = cli_runner("unfetched", "dispose", gone, check=False)
    assert (again.exit_code, "None of these goods" in again.stderr) == (1, True)
    answer = cli_runner("unfetched", "leave", left, "--json").json
    assert answer == {
        "order_no": left,
        "lines": [{"name": "商品P1", "quantity": 2, "decision": "left", "refund_fen": 0}],
    }
    states = {(one["order_no"], one["state"]) for one in cli_runner("unfetched", "list", "--json").json}
    assert {(gone, "disposed"), (left, "left")} <= states
    db.session.rollback()
    logged = select(AuditEntry.actor).where(AuditEntry.verb.in_(("perishables_disposed", "perishables_left")))
    assert db.session.scalars(logged).all() == ["cli", "cli"]
    assert not [one for one in day.check_all(now=THERE, at_rest=False) if one.violations]


def test_what_is_paid_back_by_its_rule_is_named(
    numbers: list[str], cli_runner: Run, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(THERE + 31 * HOUR, tick=False)
    assert "商品P2 ×3, ¥15.00 back disposed of" in cli_runner("unfetched", "dispose", numbers[0]).stdout
    listed = cli_runner("unfetched", "list", "--state", "disposed").stdout
    assert "商品P2 ×3, ¥15.00 back  disposed, paid back" in listed


def test_an_order_is_kept_aside_and_released(numbers: list[str], cli_runner: Run) -> None:
    kept = cli_runner("unfetched", "keep", numbers[0], "2026-11-27", "--note", "出差", "--json").json
    assert kept == {"order_no": numbers[0], "day": "2026-11-27", "note": "出差"}
    assert cli_runner("unfetched", "dispose", numbers[0], check=False).exit_code == 1
    assert "no longer" in cli_runner("unfetched", "release", numbers[0]).stdout
    late = cli_runner("unfetched", "keep", numbers[0], "2027-11-27", check=False)
    assert late.exit_code == 1
