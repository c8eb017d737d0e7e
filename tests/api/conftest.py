"""A round with a leader, residents and staff, each with a client that sends its token."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts import queries, service, tokens
from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.members.models import Resident
from tests import building
from tests.building import CLOSES, NOW

PASSWORD = "Sonnenblume-7"


class Person:
    """Somebody with a token; ``get``, ``post`` and so on send it."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.token = token

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Any:
        """Send a request under ``/api/v1`` and return the answer."""
        sent = {"Authorization": f"Bearer {self.token}"} | headers
        if key is not None:
            sent["Idempotency-Key"] = key
        extra = {"json": body} if body is not None else {}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **extra)

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """Write."""
        return self.ask("POST", path, body, key)

    def order(self, quantities: dict[str, int], key: str | None = None, **fields: Any) -> Any:
        """Place an order in the round C1."""
        lines = [{"product_code": code, "quantity": quantity} for code, quantity in quantities.items()]
        return self.post("/orders", {"round": "C1", "lines": lines} | fields, key)


def person_of(app: Flask, account_id: int, role: str) -> Person:
    """Return an account with a fresh token in one of its roles."""
    with transaction():
        token, _ = tokens.issue_token(
            account=queries.get_account(account_id),
            role=role,
            now=NOW,
            actor="test",
            lifetime=timedelta(days=9),
        )
    return Person(app.test_client(), token)


@dataclass
class Town:
    """The people and the round of a test: two leaders with a resident each, P1 limited to 5."""

    app: Flask
    round: Round
    leader: Leader
    other_leader: Leader
    resident: Resident
    other_resident: Resident

    def person(self, account_id: int, role: str) -> Person:
        """Return an account with a fresh token in one of its roles."""
        return person_of(self.app, account_id, role)

    def staff(self, role: str = "operator") -> Person:
        """Return somebody new with a role that has no profile."""
        return self.person(self.account(role).id, role)

    def account(self, role: str) -> Account:
        """Make an account with a role."""
        account = building.add_account(role)
        with transaction():
            service.grant_role(account=account, role=role, now=NOW, actor="test")
        return account

    def helper(self) -> Person:
        """Return somebody new who hands out goods for the first leader."""
        account = self.account("pickup_verifier")
        with transaction():
            db.session.add(LeaderHelper(leader_id=self.leader.id, account_id=account.id))
        return self.person(account.id, "pickup_verifier")

    @property
    def buyer(self) -> Person:
        """Return the first resident."""
        return self.person(self.resident.account_id, "resident")

    @property
    def other_buyer(self) -> Person:
        """Return the resident of the other leader."""
        return self.person(self.other_resident.account_id, "resident")

    @property
    def head(self) -> Person:
        """Return the first leader."""
        return self.person(self.leader.account_id, "leader")

    @property
    def other_head(self) -> Person:
        """Return the other leader."""
        return self.person(self.other_leader.account_id, "leader")


@pytest.fixture
def clock() -> Iterator[Any]:
    """Set the clock into the round's window; ``clock.move_to`` moves it."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def town(app: Flask, clock: Any) -> Town:
    """Make the town; the clock stands in the round's window."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    leader, other_leader = building.add_leader("L1"), building.add_leader("L2")
    resident, other = building.add_resident(leader), building.add_resident(other_leader, "李先生")
    offers = {"P1": {"limit_units": 5}, "P2": {"per_buyer_limit": 3}}
    round_ = building.add_round(products, offers=offers)
    return Town(app, round_, leader, other_leader, resident, other)


def close(town: Town, clock: Any, at: datetime = CLOSES) -> None:
    """Move the clock past the cut-off and let the scheduler close the round."""
    clock.move_to(at)
    building.close(town.app, town.round, at)
