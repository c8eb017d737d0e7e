"""Several differences of one cause with a channel's bill: settled with one deed, all of them or none."""

from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.flows.settling_bills_together import settle_together
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.api.conftest import Person
from tests.building import NOW
from tests.payments.paying_town import Shop, broken_invariants, open_cancelled_shop
from tests.payments.test_reconciling import NEXT_DAY, at, differences
from tests.payments.test_settling_bills import ADDRESS, DAY, balance, clerk, limit
from tests.support.commands import Run
from tests.support.seats import appoint
from tests.warehouse.test_races import at_once

STRANGERS = ("P0", "P1", "P2")
WISH = {"deed": "book", "account": "held", "reason": "别的店的收款"}


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a shop whose bill has three payments of ¥10.00 each that it knows nothing of."""
    shop = open_cancelled_shop(app, client, simulator)
    (trade,) = simulator.book.trades.values()
    for number in STRANGERS:
        wish = {"number": number, "amount_fen": 1000, "like": trade.number}
        assert simulator.control("bill", wish)[0] == 200
    at(shop, travel, NEXT_DAY)
    return shop


@pytest.fixture
def finance(shop: Shop, app: Flask) -> Person:
    return clerk(app, "财务")


def seen(person: Person) -> list[dict[str, Any]]:
    return list(person.get(f"{ADDRESS}/differences").json["items"])


def together(person: Person, rows: list[dict[str, Any]], **more: Any) -> Any:
    return person.post(f"{ADDRESS}/differences/settle-together", WISH | {"differences": rows} | more)


def states(answer: Any) -> list[str]:
    return [one["state"] for one in answer.json["items"]]


def test_several_are_settled_with_one_deed_and_once(shop: Shop, finance: Person) -> None:
    rows = seen(finance)
    first, again = together(finance, rows), together(finance, rows)
    assert (first.status_code, states(first)) == (201, ["done"] * 3)
    assert again.json == first.json
    assert (balance("payable:held"), differences(shop), broken_invariants(NEXT_DAY)) == (3000, [], [])


def test_one_that_is_refused_is_named_and_holds_all_of_them_up(shop: Shop, finance: Person) -> None:
    one, two, three = seen(finance)
    answer = together(finance, [one, two | {"theirs_fen": 999}, three | {"number": "P9"}])
    refused = {row["number"]: row["code"] for row in answer.json["refused"]}
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "not_settled")
    assert refused == {"P1": "changed", "P9": "no_difference"}
    assert (balance("payable:held"), len(seen(finance))) == (0, 3)
    assert finance.get(f"{ADDRESS}/settled-differences").json["items"] == []


def test_what_is_large_together_waits_for_a_second_person_as_a_whole(
    shop: Shop, finance: Person, app: Flask
) -> None:
    limit(2999)
    rows = seen(finance)
    assert states(together(finance, rows)) == ["asked"] * 3
    refused = together(finance, rows).json["refused"]
    assert {one["code"] for one in refused} == {"second_person"}
    assert balance("payable:held") == 0
    assert states(together(clerk(app, "财务二"), rows)) == ["done"] * 3
    assert (balance("payable:held"), broken_invariants(NEXT_DAY)) == (3000, [])


def test_ways_that_cancel_each_other_out_are_large_together(
    shop: Shop, finance: Person, cli_runner: Run
) -> None:
    """A payment that is missing in the bill does not make one that is missing here any smaller."""
    (trade,) = shop.simulator.book.trades.values()
    for number, fen in ((trade.number, 480), ("P1", None), ("P2", None)):
        shop.simulator.book.misprint(number, fen)
    cli_runner("reconcile", DAY, check=False)
    rows = seen(finance)
    assert sorted((one["theirs_fen"] or 0) - (one["ours_fen"] or 0) for one in rows) == [-1000, 1000]
    limit(1500)
    assert states(together(finance, rows)) == ["asked"] * 2


def test_two_at_the_same_moment_settle_them_once(shop: Shop) -> None:
    rows = differences(shop)
    day = NOW.date()

    def work(actor: str) -> None:
        settle_together(channel="wechat", day=day, seen=rows, now=NEXT_DAY, actor=actor, **WISH)

    assert at_once(shop.app, lambda: work("account:1"), lambda: work("account:2")) == [None, None]
    assert balance("payable:held") == 3000


@pytest.mark.parametrize(
    "change",
    [
        {"differences": []},
        {"deed": "book", "account": None},
        {"reason": " "},
        {"differences": [{"kind": "pay", "number": "P0", "ours_fen": None, "theirs_fen": 10.0}]},
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, finance: Person, change: dict[str, Any]) -> None:
    assert together(finance, seen(finance), **change).status_code == 422


def test_the_command_settles_all_of_a_day_in_the_name_of_a_person(
    shop: Shop, app: Flask, cli_runner: Run
) -> None:
    limit(100)
    phones = ("13800000061", "13800000062")
    for phone in phones:
        appoint(app, building.add_account("财务", phone=phone), "finance", NEXT_DAY)
    usual = ["channel-bills", "settle", "wechat", DAY, "--all", "--deed", "book", "--account", "held"]
    command = [*usual, "--reason", "别店"]
    assert "say who you are" in cli_runner(*command, check=False).stderr
    assert "waits for a second person" in cli_runner(*command, "--as", phones[0]).stdout
    refused = cli_runner(*command, "--as", phones[0], check=False)
    assert (refused.exit_code, refused.stderr.count("Another person")) == (1, 3)
    assert "waits" not in cli_runner(*command, "--as", phones[1]).stdout
    assert balance("payable:held") == 3000
    assert cli_runner(*command, "--as", phones[1]).stdout == "There are none.\n"
    assert "0 differences" in cli_runner("channel-bills", "list").stdout
    assert cli_runner("channel-bills", "differences", "wechat", DAY, "--json").stdout == "[]\n"
    assert cli_runner("channel-bills", "settled", "wechat", DAY).stdout.count("book held") == 3
    assert cli_runner(*usual[:4], "P0", "--deed", "explain", "--reason", "x", check=False).exit_code == 1


def test_finance_chooses_them_on_the_page(shop: Shop, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    office = appoint(app, building.add_account("财务"), "finance", NEXT_DAY)
    listing = f"/admin/payments/bills?day=wechat:{DAY}"
    assert "pay:P2:None:1000" in office.get(f"{listing}&only=theirs").get_data(as_text=True)
    assert "pay:P2:" not in office.get(f"{listing}&only=ours").get_data(as_text=True)
    address = f"/admin/payments/bills/wechat/{DAY}/together"
    rows = [f"pay:{number}:None:1000" for number in STRANGERS]
    assert office.post(address, data={"chosen": ["x", "pay:P0:1", "fee:P0:1:2"]}).status_code == 303
    page = office.post(address, data={"chosen": rows})
    assert (page.status_code, "30.00" in page.get_data(as_text=True)) == (200, True)
    form = {"decided": "1", "deed": "held", "reason": "别的店"}
    assert office.post(address, data=form | {"chosen": rows, "reason": ""}).status_code == 422
    changed = [*rows[:2], "pay:P2:None:7"]
    assert office.post(address, data=form | {"chosen": changed}).status_code == 409
    assert balance("payable:held") == 0
    assert office.post(address, data=form | {"chosen": rows}).status_code == 303
    assert balance("payable:held") == 3000
