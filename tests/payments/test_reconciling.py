"""The channel's own book of a day beside ours: differences are listed, and asked about once more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.rules import BOOKS
from groupbuy.flows import refunding
from groupbuy.payments import bill_differences, reconciling
from groupbuy.payments.simulator.server import Simulator
from tests import building
from tests.api.conftest import person_of
from tests.building import NOW
from tests.payments.paying_town import Shop, broken_invariants, open_cancelled_shop, open_shop
from tests.support.commands import Run
from tests.support.seats import appoint

SOON = NOW.replace(minute=1)
NEXT_DAY = NOW + timedelta(days=1, hours=2)


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return a cancelled order of ¥19.80, of which the wallet paid ¥5.00 and the channel ¥14.80."""
    return open_cancelled_shop(app, client, simulator)


def test_the_channels_bill_is_fetched_and_differences_are_listed(
    shop: Shop, travel: time_machine.Traveller, cli_runner: Run
) -> None:
    in_transaction(
        lambda: refunding.refund(
            order=shop.order_row(), amount_fen=990, reason="缺货", now=NOW, actor="account:1"
        )
    )
    shop.tick(NOW)
    travel.move_to(SOON)
    shop.tick(SOON)
    next_day = NOW + timedelta(days=1, hours=2)
    travel.move_to(next_day)
    shop.tick(next_day)
    day = NOW.astimezone(BOOKS).date()
    (stored,) = reconciling.stored_days()
    assert (stored.channel, stored.day) == ("wechat", day)
    assert bill_differences.differences(channel="wechat", day=day) == []
    (trade,) = shop.simulator.book.trades.values()
    shop.simulator.book.trades["P0"] = replace(trade, number="P0")
    trade.paid_fen = 1
    db.session.rollback()
    done = cli_runner("reconcile", day.isoformat(), check=False)
    assert done.exit_code == 1
    assert "2 differences" in done.stdout
    found = {one.number: (one.ours_fen, one.theirs_fen) for one in differences(shop)}
    assert found == {trade.number: (1480, 1), "P0": (None, 1480)}
    assert any("channel_bills" in text for text in broken_invariants(next_day))


def test_fetched_days_and_their_differences_are_read_by_programs(
    shop: Shop, app: Flask, travel: time_machine.Traveller
) -> None:
    (trade,) = shop.simulator.book.trades.values()
    shop.simulator.book.trades["P0"] = replace(trade, number="P0")
    trade.paid_fen = 1
    at(shop, travel, NEXT_DAY)
    account = building.add_account("财务")
    appoint(app, account, "finance", NOW)
    finance = person_of(app, account.id, "finance")
    day = NOW.astimezone(BOOKS).date().isoformat()
    (bill,) = finance.get("/channel-bills").json["items"]
    assert (bill["channel"], bill["day"], bill["differences"]) == ("wechat", day, 2)
    address = f"/channel-bills/wechat/{day}/differences"
    first = finance.get(f"{address}?limit=1").json
    rest = finance.get(f"{address}?limit=1&cursor={first['next_cursor']}").json
    found = {one["number"]: (one["ours_fen"], one["theirs_fen"]) for one in first["items"] + rest["items"]}
    assert (found, rest["next_cursor"]) == ({trade.number: (1480, 1), "P0": (None, 1480)}, None)
    bad = (f"/channel-bills/paypal/{day}/differences", "/channel-bills/wechat/gestern/differences")
    assert [finance.get(one).status_code for one in bad] == [404, 422]
    cursor = finance.get("/channel-bills?limit=1").json["next_cursor"]
    assert (cursor, finance.get("/channel-bills?cursor=x").status_code) == (None, 422)


def differences(shop: Shop) -> Sequence[bill_differences.Difference]:
    db.session.rollback()
    return bill_differences.differences(channel="wechat", day=NOW.astimezone(BOOKS).date())


def at(shop: Shop, travel: time_machine.Traveller, *moments: datetime) -> None:
    for moment in moments:
        travel.move_to(moment)
        shop.tick(moment)


def taken_after_the_close(shop: Shop, travel: time_machine.Traveller, state: str) -> str:
    """Let the channel take money for a payment that it has closed; return the payment's number."""
    number = shop.begin()
    over = NOW + timedelta(hours=1)
    at(shop, travel, over, over + timedelta(minutes=1))
    assert shop.payment(number).state == "closed"
    trade = shop.simulator.book.trades[number]
    trade.state, trade.paid_fen, trade.paid_at = state, 1980, over
    return number


def test_what_the_bill_has_and_we_do_not_is_asked_for_and_goes_back(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = taken_after_the_close(shop, travel, "SUCCESS")
    at(shop, travel, *(NEXT_DAY + timedelta(minutes=minutes) for minutes in (0, 1, 2, 10)))
    assert (shop.payment(number).outcome, shop.payment(number).look_at) == ("given_back", None)
    assert simulator.book.refunded(number) == 1980
    assert (differences(shop), shop.at_channel()) == ([], 0)
    assert broken_invariants(NEXT_DAY) == []


def test_what_the_channel_still_calls_closed_is_listed_and_not_asked_for_for_ever(
    app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller
) -> None:
    shop = open_shop(app, client, simulator)
    number = taken_after_the_close(shop, travel, "CLOSED")
    at(shop, travel, NEXT_DAY, NEXT_DAY + timedelta(minutes=1))
    assert (shop.payment(number).state, shop.payment(number).look_at) == ("closed", None)
    assert [(one.number, one.ours_fen) for one in differences(shop)] == [(number, None)]
