"""What of a month is still open stands before whoever closes it, on the page, over the API and printed."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.analytics import month_open
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.models import ClosedPeriod
from groupbuy.flows import banking
from groupbuy.flows.bank_file import BankRow
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.payments import handing_over
from tests import building
from tests.api.test_short_ways import asked
from tests.money import SETTLED, ask, hand_out, keep, sell
from tests.payments.paying_town import Shop
from tests.payments.test_cash import pay
from tests.payments.test_paying_pages import browser
from tests.payments.test_settling_bills import clerk, settle, shop  # noqa: F401  # A fixture.
from tests.support.commands import Run

MONTH, AFTER = "2026-11", datetime(2026, 11, 30, 17, 30, tzinfo=UTC)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


def open_now() -> dict[str, tuple[int, int | None]]:
    return {one.kind: (one.count, one.amount_fen) for one in month_open.open_of(MONTH, AFTER)}


def test_a_month_names_bills_that_differ_or_were_never_fetched(
    shop: Shop,  # noqa: F811  # The fixture.
    app: Flask,
) -> None:
    found = {one.kind: one for one in month_open.open_of(MONTH, AFTER)}
    differing, missing = found["bill_difference"], found["bill_missing"]
    assert (differing.count, differing.amount_fen) == (2, 1480 + 1479)
    assert len(differing.days) == 1
    assert (missing.days[-1], missing.count) == (("wechat", date(2026, 11, 29)), len(missing.days))
    assert differing.days[0] not in missing.days
    person = clerk(app, "财务")
    settle(person, "P0", "explain")
    assert open_now()["bill_difference"] == (1, 1479)


@pytest.fixture
def unended(app: Flask) -> None:
    """Leave a withdrawal under way, bank lines, and cash of ¥990.00 of which ¥10.00 was handed over."""
    app.config["WTF_CSRF_ENABLED"] = False
    sold = sell(app, units=(100,))
    hand_out(sold.orders[0])
    keep(SETTLED)
    ask(sold.leader, 2000)
    rows = [
        BankRow(f"k{day}", day, -700, "行", "手续费", "") for day in (date(2026, 11, 30), date(2026, 12, 1))
    ]
    in_transaction(lambda: banking.take_in(rows=rows, now=AFTER, actor="a"))
    pay(db.session.get_one(Order, sold.orders[0].id))
    with transaction():
        holder = db.session.get_one(Leader, sold.leader.id)
        handing_over.hand_over(leader=holder, amount_fen=1000, note="", now=building.NOW, actor="a")


OPEN = {"bank_line": (1, 700), "withdrawal": (1, 2000), "cash_handover": (1, 1000), "cash": (1, 99000)}


def test_a_month_names_what_has_not_ended_until_it_has(app: Flask, unended: None) -> None:
    assert open_now() == OPEN
    in_transaction(lambda: handing_over.decide(handover_id=1, confirm=True, reason="", now=AFTER, actor="a"))
    assert open_now() == {
        "bank_line": OPEN["bank_line"],
        "withdrawal": OPEN["withdrawal"],
        "cash": (1, 98000),
    }
    with asked() as found:
        month_open.open_of(MONTH, AFTER)
    assert len(found) <= 10


def test_a_month_is_closed_by_whoever_has_seen_what_is_open(
    app: Flask, unended: None, travel: time_machine.Traveller, cli_runner: Run
) -> None:
    travel.move_to(AFTER)
    program, office = clerk(app, "财务"), browser(app, building.add_account("财务二"), "finance")
    told = program.get(f"/closed-months/{MONTH}/open").json
    assert (told["may_close"], {one["kind"] for one in told["items"]}) == (True, OPEN.keys())
    refused = program.post("/closed-months", {"month": MONTH})
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "still_open")
    assert "withdrawal" in cli_runner("ledger", "open", MONTH).stdout
    asked_first = cli_runner("ledger", "close", MONTH, check=False)
    assert (asked_first.exit_code, "cash_handover" in asked_first.stdout) == (1, True)
    page = office.get(f"/admin/ledger/close?period={MONTH}").text
    assert ("未结束的提现" in page, "¥990.00" in page, "/admin/bank?state=open" in page) == (True, True, True)
    unseen = office.post("/admin/ledger/close", data={"period": MONTH})
    assert (unseen.status_code, db.session.query(ClosedPeriod).count()) == (422, 0)
    assert office.post("/admin/ledger/close", data={"period": MONTH, "seen": "y"}).status_code == 303
    noted = db.session.scalar(select(AuditEntry.after).where(AuditEntry.verb == "period_closed"))
    assert noted == {"still_open": {kind: count for kind, (count, _) in OPEN.items()}}
    assert program.post("/closed-months", {"month": MONTH}).status_code == 200
    assert cli_runner("ledger", "close", MONTH).exit_code == 0
    assert f"{MONTH} 已结账" in office.get(f"/admin/ledger/close?period={MONTH}").text


def test_the_command_closes_with_what_is_open_when_told_to(
    app: Flask, unended: None, travel: time_machine.Traveller, cli_runner: Run
) -> None:
    travel.move_to(AFTER)
    done = cli_runner("ledger", "close", MONTH, "--yes")
    assert (done.exit_code, "withdrawal" in done.stdout) == (0, True)
