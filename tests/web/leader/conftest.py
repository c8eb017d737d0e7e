"""A leader at the desk: signed in, with a round that sells and residents who have ordered."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from tests.building import NOW, add_leader, add_product, add_resident, add_round, add_supplier, set_commission
from tests.support.seats import seat
from tests.web.browsing import served

SignIn = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def travel() -> Iterator[time_machine.Traveller]:
    """Put the clock into the window of the rounds of ``tests.building``."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def leader(app: Flask) -> Leader:
    """Return a leader in a community, at 8 percent."""
    set_commission(Rate(rate_bp=800))
    return add_leader("L1", name="王秀兰", community="阳光花园（东区）", address="3号楼一层快递柜旁")


@pytest.fixture
def round_(leader: Leader) -> Round:
    """Return an open round with three products."""
    supplier = add_supplier()
    products = [
        add_product(supplier, "P1", name="红富士苹果", spec="5斤装", price_fen=2990, unit="箱"),
        add_product(supplier, "P2", name="纯牛奶", spec="250ml×12", price_fen=3990, unit="箱"),
        add_product(supplier, "P3", name="土鸡蛋", spec="30枚", price_fen=2580, unit="盒"),
    ]
    return add_round(products, "C1", name="金秋水果生鲜团")


@pytest.fixture
def resident(leader: Leader) -> Resident:
    """Return a resident of the leader."""
    return add_resident(leader, "李女士", room="3-2-501")


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Return a function that gives a client with the session of an account in a role."""

    def as_(account_id: int, role: str = "leader") -> FlaskClient:
        return seat(app, db.session.get_one(Account, account_id), role, utc_now())

    return as_


@pytest.fixture
def desk(sign_in: SignIn, leader: Leader) -> FlaskClient:
    """Return the leader's client."""
    return sign_in(leader.account_id)


@pytest.fixture
def without_tokens(app: Flask) -> None:
    """Let forms of this test do without the token against forgery; other tests look at that."""
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """Serve the application on the loopback."""
    with served(app) as address:
        yield address


@pytest.fixture
def enter(app: Flask, site: str) -> Callable[[Page, int], None]:
    """Return a function that signs a browser in as a leader's account."""

    def as_(page: Page, account_id: int) -> None:
        client = seat(app, db.session.get_one(Account, account_id), "leader", utc_now())
        name = app.config["SESSION_COOKIE_NAME"]
        cookie: Any = client.get_cookie(name)
        page.context.add_cookies([{"name": name, "value": cookie.value, "url": site}])

    return as_
