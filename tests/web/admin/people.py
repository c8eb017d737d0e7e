"""People at a browser, and the town that they look after."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from tests.building import NOW
from tests.support.seats import seat

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Person:
    """Somebody at a browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str) -> Any:
        """Open a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Return the page that a path shows."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
        return str(answer.get_data(as_text=True))

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form with the token of the session."""
        if not self.token:
            found = TOKEN.search(self.text("/admin/settings"))
            assert found is not None
            self.token = found[1]
        return self.client.post(path, data={"csrf_token": self.token} | fields)


@dataclass
class Town:
    """A leader, a resident and the round C1 of the products P1 and P2; P1 is limited to 5."""

    app: Flask
    leader: Leader
    resident: Resident
    products: list[Product]
    round: Round
    operator: Person


def sign_in(app: Flask, account: Account, role: str, now: datetime = NOW) -> Person:
    """Return a person with a session of an account in a role."""
    return Person(seat(app, account, role, now))
