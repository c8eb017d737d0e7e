"""What finance does about a difference with a channel's bill; the books go on proving."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries
from groupbuy.finance.dials import set_dials
from groupbuy.finance.rules import BOOKS
from groupbuy.flows import settling_bills
from groupbuy.payments.models import ChannelBill
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.api.conftest import Person, person_of
from tests.api.test_short_ways import asked
from tests.building import NOW
from tests.payments.paying_town import Shop, broken_invariants, open_cancelled_shop, open_shop
from tests.payments.test_reconciling import NEXT_DAY, at, differences, taken_after_the_close
from tests.support.commands import Run
from tests.support.seats import appoint
from tests.warehouse.test_races import at_once

DAY = NOW.astimezone(BOOKS).date().isoformat()
ADDRESS = f"/channel-bills/wechat/{DAY}"


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a shop whose payment of ¥14.80 the bill calls ¥0.01, and which has not taken P0 at all."""
    shop = open_cancelled_shop(app, client, simulator)
    (trade,) = simulator.book.trades.values()
    simulator.book.trades["P0"] = replace(trade, number="P0")
    trade.paid_fen = 1
    at(shop, travel, NEXT_DAY)
    return shop


def clerk(app: Flask, name: str) -> Person:
    account = building.add_account(name)
    appoint(app, account, "finance", NOW)
    return person_of(app, account.id, "finance")


@pytest.fixture
def finance(shop: Shop, app: Flask) -> Person:
    return clerk(app, "财务")


def settle(person: Person, number: str, deed: str, **more: Any) -> Any:
    (found,) = [one for one in person.get(f"{ADDRESS}/differences").json["items"] if one["number"] == number]
    return person.post(f"{ADDRESS}/differences/settle", found | {"deed": deed, "reason": "查过了"} | more)


def limit(fen: int) -> None:
    in_transaction(lambda: set_dials(values={"second_person_fen": fen}, now=NOW, actor="test"))


def balance(account: str) -> int:
    db.session.rollback()
    return queries.balance(account)


def other_than_bills() -> list[str]:
    return [text for text in broken_invariants(NEXT_DAY) if "channel_bills" not in text]


def test_a_difference_is_booked_against_an_account_and_the_books_prove(shop: Shop, finance: Person) -> None:
    (paid,) = [one.number for one in differences(shop) if one.number != "P0"]
    held = settle(finance, "P0", "book", account="held")
    assert (held.status_code, held.json["state"], held.json["amount_fen"]) == (201, "done", 1480)
    assert (balance("payable:held"), other_than_bills()) == (1480, [])
    lost = settle(finance, paid, "book", account="differences")
    assert (lost.status_code, lost.json["amount_fen"]) == (201, -1479)
    assert (balance("expense:differences"), differences(shop)) == (1479, [])
    assert broken_invariants(NEXT_DAY) == []
    listed = finance.get(f"{ADDRESS}/settled-differences").json["items"]
    assert [one["number"] for one in listed] == ["P0", paid]


def test_the_same_settlement_sent_twice_is_one(shop: Shop, finance: Person) -> None:
    body = {"kind": "pay", "number": "P0", "ours_fen": None, "theirs_fen": 1480, "reason": "查过了"}
    wish = body | {"deed": "book", "account": "held"}
    first, again = (finance.post(f"{ADDRESS}/differences/settle", wish) for _ in range(2))
    assert (first.json["id"], balance("payable:held")) == (again.json["id"], 1480)
    other = finance.post(f"{ADDRESS}/differences/settle", body | {"deed": "explain"})
    assert (other.status_code, other.json["error"]["code"]) == (404, "no_difference")


def test_two_at_the_same_moment_book_it_once(shop: Shop) -> None:
    wish = settling_bills.Wish("book", "查过了", None, 1480, "held")
    mine: dict[str, Any] = {"channel": "wechat", "day": NOW.astimezone(BOOKS).date(), "kind": "pay"}

    def work(actor: str) -> None:
        settling_bills.settle(**mine, number="P0", wish=wish, now=NEXT_DAY, actor=actor)

    found = at_once(shop.app, lambda: work("account:1"), lambda: work("account:2"))
    assert (found, balance("payable:held")) == ([None, None], 1480)


def test_the_list_of_days_takes_as_many_statements_for_many_as_for_few(shop: Shop, finance: Person) -> None:
    few = statements(finance)
    with transaction():
        for day in range(1, 9):
            db.session.add(ChannelBill(channel="wechat", day=date(2026, 10, day), fetched_at=NOW))
    assert statements(finance) <= few


def statements(finance: Person) -> int:
    with asked() as found:
        assert finance.get("/channel-bills").status_code == 200
    return len(found)


def test_an_explanation_holds_while_the_books_say_the_same(
    shop: Shop, finance: Person, cli_runner: Run
) -> None:
    assert settle(finance, "P0", "explain").status_code == 201
    assert "P0" not in [one.number for one in differences(shop)]
    shop.simulator.book.trades["P0"].paid_fen = 1500
    cli_runner("reconcile", DAY, check=False)
    assert ("P0", 1500) in [(one.number, one.theirs_fen) for one in differences(shop)]


def test_a_large_one_is_done_when_a_second_person_wants_the_same(
    shop: Shop, finance: Person, app: Flask
) -> None:
    limit(1000)
    assert settle(finance, "P0", "book", account="held").json["state"] == "asked"
    assert settle(finance, "P0", "book", account="held").json["error"]["code"] == "second_person"
    second = clerk(app, "财务二")
    assert settle(second, "P0", "explain").json["state"] == "asked"
    assert balance("payable:held") == 0
    done = settle(finance, "P0", "explain").json
    assert (done["state"], done["deed"], other_than_bills()) == ("done", "explain", [])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"deed": "book"}, 422),
        ({"deed": "receive"}, 409),
        ({"deed": "explain", "theirs_fen": 1481}, 409),
        ({"deed": "explain", "reason": "  "}, 422),
        ({"deed": "explain", "theirs_fen": 14.8}, 422),
        ({"deed": "erase"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(
    shop: Shop, finance: Person, change: dict[str, Any], status: int
) -> None:
    assert settle(finance, "P0", **change).status_code == status
    assert finance.get(f"{ADDRESS}/settled-differences").json["items"] == []


def test_a_payment_that_only_the_bill_calls_paid_is_received_and_goes_back(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = taken_after_the_close(shop, travel, "CLOSED")
    at(shop, travel, NEXT_DAY, NEXT_DAY + timedelta(minutes=1))
    assert settle(clerk(app, "财务"), number, "receive").status_code == 201
    assert shop.payment(number).outcome == "given_back"
    assert (differences(shop), broken_invariants(NEXT_DAY)) == ([], [])


def test_money_that_comes_after_it_was_booked_differs_again(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = taken_after_the_close(shop, travel, "CLOSED")
    at(shop, travel, NEXT_DAY, NEXT_DAY + timedelta(minutes=1))
    finance = clerk(app, "财务")
    assert settle(finance, number, "book", account="held").status_code == 201
    simulator.book.trades[number].state = "SUCCESS"
    shop.tell(number)
    (found,) = differences(shop)
    assert (found.ours_fen, found.theirs_fen, other_than_bills()) == (3960, 1980, [])
    assert settle(finance, number, "book", account="held").json["amount_fen"] == -1980
    assert (balance("payable:held"), broken_invariants(NEXT_DAY)) == (0, [])


def test_finance_settles_a_difference_on_the_page(shop: Shop, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    office = appoint(app, building.add_account("财务"), "finance", NEXT_DAY)
    listed = office.get(f"/admin/payments/bills?day=wechat:{DAY}").get_data(as_text=True)
    address = f"/admin/payments/bills/wechat/{DAY}/pay/P0"
    assert f'{address}"' in listed
    form = {"seen": "None:1480", "deed": "held", "reason": "别的店的收款"}
    assert office.post(address, data=form | {"seen": "None:1"}).status_code == 422
    assert office.post(address, data=form | {"deed": "receive"}).status_code == 422
    assert office.post(address, data=form).status_code == 303
    settled = office.get(f"/admin/payments/bills?day=wechat:{DAY}").get_data(as_text=True)
    # A number of the platform's own may begin with P0 too.
    assert ("别的店的收款" in settled, f'{address}"' in settled) == (True, False)
    assert office.get(address).status_code == 303
