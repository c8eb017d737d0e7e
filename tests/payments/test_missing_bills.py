"""A day whose bill was never fetched is fetched by a button, and what goes wrong stands beside it."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.finance.rules import BOOKS
from groupbuy.payments import reconciling
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import Fault
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import NOW
from tests.payments.paying_town import Shop, open_cancelled_shop
from tests.support.seats import appoint

# Two days after the payment, of which the scheduler fetches the second's bill only.
LATER = NOW + timedelta(days=2, hours=2)
DAY = NOW.astimezone(BOOKS).date()
LAST = f"wechat:{DAY + timedelta(days=1)}"
PAGE = f"/admin/payments/bills/missing?month={DAY:%Y-%m}"


@pytest.fixture
def extra_settings(paying_settings: dict[str, str]) -> dict[str, str]:
    return paying_settings


@pytest.fixture
def shop(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Shop:
    """Return an order of which the channel paid ¥14.80, two days later: nobody ran on the first morning."""
    app.config["WTF_CSRF_ENABLED"] = False
    shop = open_cancelled_shop(app, client, simulator)
    travel.move_to(LATER)
    shop.tick(LATER)
    return shop


@pytest.fixture
def office(app: Flask, shop: Shop) -> tuple[FlaskClient, Person]:
    """Return somebody of finance: a browser, and a program."""
    account = building.add_account("财务")
    return appoint(app, account, "finance", LATER), person_of(app, account.id, "finance")


def missing(program: Person) -> list[tuple[str, str, str | None]]:
    """Return what is missing of the month: day, state, fault."""
    items = program.get(f"/channel-bills/missing?month={DAY:%Y-%m}").json["items"]
    return [(one["day"], one["state"], one["error"]) for one in items]


def stored() -> list[str]:
    db.session.rollback()
    return sorted(f"{one.channel}:{one.day}" for one in reconciling.stored_days())


def test_the_button_fetches_and_compares_a_day_that_was_left_out(
    shop: Shop, office: tuple[FlaskClient, Person]
) -> None:
    desk, program = office
    assert stored() == [LAST]
    assert missing(program) == [(str(DAY), "unasked", None)]
    assert f'value="wechat:{DAY}"' in desk.get(PAGE).text
    assert PAGE.replace("&", "&amp;") in desk.get(f"/admin/ledger/close?period={DAY:%Y-%m}").text
    for _ in range(3):
        assert desk.post(PAGE, data={"bill": f"wechat:{DAY}"}).status_code == 303
    assert missing(program) == [(str(DAY), "queued", None)]
    assert "every 3s" in desk.get(PAGE).text
    shop.tick(LATER)
    assert stored() == [f"wechat:{DAY}", LAST]
    assert missing(program) == []
    entry = db.session.query(AuditEntry).filter_by(verb="bill_fetched", subject=f"wechat:{DAY}").one()
    assert entry.actor.startswith("account:")


def test_a_channel_that_does_not_answer_is_named_and_asked_again(
    shop: Shop, office: tuple[FlaskClient, Person], travel: time_machine.Traveller
) -> None:
    desk, program = office
    shop.simulator.faults.append(Fault("/v3/bill", times=1))
    address = f"/channel-bills/wechat/{DAY}/fetch"
    assert program.post(address).status_code == 202
    shop.tick(LATER)
    ((_day, state, error),) = missing(program)
    assert state == "again"
    assert error
    assert not error.startswith("ChannelAway")
    shown = desk.get(PAGE).text
    assert "会自动重试" in shown
    assert "ChannelAway" not in shown
    # A person need not wait for that.
    assert program.post(address).status_code == 202
    shop.tick(LATER)
    assert missing(program) == []
    # What is here already can be fetched anew.
    assert program.post(address).status_code == 202
    shop.tick(LATER + timedelta(minutes=1))
    assert db.session.query(AuditEntry).filter_by(verb="bill_fetched", subject=f"wechat:{DAY}").count() == 2


def test_what_cannot_be_fetched_is_refused(shop: Shop, office: tuple[FlaskClient, Person]) -> None:
    desk, program = office
    today = LATER.astimezone(BOOKS).date()
    for day, code in (
        (f"wechat/{today}", "day_running"),
        (f"paypal/{DAY}", "unknown_channel"),
        (f"alipay/{DAY}", "channel_off"),
    ):
        assert program.post(f"/channel-bills/{day}/fetch").json["error"]["code"] == code
    assert program.post("/channel-bills/wechat/gestern/fetch").status_code == 422
    assert program.get("/channel-bills/missing?month=2026-13").status_code == 422
    for bill, status in (("wechat", 404), (f"paypal:{DAY}", 404), (f"wechat:{today}", 422)):
        assert desk.post(PAGE, data={"bill": bill}).status_code == status
    assert desk.post(PAGE).status_code == 303
