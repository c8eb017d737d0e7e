"""A shop to order in, and somebody with a phone who does it through the pages."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from groupbuy.campaigns.models import Offer, Round
from groupbuy.db import db
from groupbuy.http.new_phones import CODE_SENDER
from groupbuy.leaders.models import Leader
from tests import building


@dataclass
class SentCodes:
    """A gateway that keeps what it is given."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, phone: str, code: str) -> None:
        """Keep a code."""
        self.sent.append((phone, code))


@dataclass(frozen=True)
class Shop:
    """A round of one leader with its offers by product code."""

    leader: Leader
    round: Round
    offers: Mapping[str, int]

    @property
    def path(self) -> str:
        """Return the address of the shared link."""
        return f"/r/{self.round.name}?l={self.leader.code}"

    def quantities(self, **units: int) -> dict[str, str]:
        """Return the fields of a form that wants so many units of products."""
        return {f"q{self.offers[code]}": str(number) for code, number in units.items()}


def open_shop(count: int = 3, *, offers: Any = None, leader: Leader | None = None, **columns: Any) -> Shop:
    """Make products P1 … of ¥9.90 and a round of them; ``columns`` are the campaign's and ``window``."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, f"P{number}") for number in range(1, count + 1)]
    found = leader or building.add_leader("L1", community="阳光花园", address="3号楼1层")
    return shop_of(found, building.add_round(products, offers=offers, **columns))


def shop_of(leader: Leader, round_: Round) -> Shop:
    """Return a round as a shop."""
    rows = db.session.scalars(select(Offer).where(Offer.round_id == round_.id)).all()
    offers = {offer.product.code: offer.id for offer in rows}
    db.session.rollback()
    return Shop(leader, round_, offers)


class Visitor:
    """A browser without JavaScript: it reads a page's form and sends it."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.gateway = SentCodes()
        app.extensions[CODE_SENDER] = self.gateway

    def get(self, path: str) -> str:
        """Return a page; where it redirects is followed."""
        answer = self.follow(self.client.get(path))
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        return answer.text

    def send(self, page: str, fields: Mapping[str, str], *, to: str | None = None) -> TestResponse:
        """Send a form of the page at a path with its token; follow where it leads."""
        return self.follow(self.post(page, fields, to=to))

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go where an answer leads, as a browser does."""
        while answer.status_code in (302, 303):
            answer = self.client.get(answer.location)
        return answer

    def post(self, page: str, fields: Mapping[str, str], *, to: str | None = None) -> TestResponse:
        """Send a form of the page at a path with its hidden fields and token."""
        shown = fields_of(self.follow(self.client.get(page)).text)
        if "csrf_token" not in shown:
            shown["csrf_token"] = fields_of(self.client.get("/me").text)["csrf_token"]
        kept = {name: value for name, value in shown.items() if name[0] != "q"}
        return self.client.post(to or page, data=kept | dict(fields))

    def ask_for_code(self, phone: str, next_: str = "") -> TestResponse:
        """Ask for a code; the newest is the last in ``gateway.sent``."""
        return self.send("/sign-in", {"phone": phone, "next": next_}, to="/sign-in?send=1")

    def sign_in(self, phone: str, next_: str = "") -> TestResponse:
        """Sign in by code, or arrive at the sign-up."""
        self.ask_for_code(phone, next_)
        return self.send("/sign-in", {"phone": phone, "code": self.gateway.sent[-1][1], "next": next_})

    def sign_up(self, phone: str, leader: Leader, next_: str = "", name: str = "李女士") -> TestResponse:
        """Sign in with a new phone and fill in the rest."""
        self.sign_in(phone, next_)
        wanted = {"name": name, "room": "3-2-501", "leader": leader.code, "consent": "y", "next": next_}
        return self.send("/sign-up", wanted)

    def order(self, shop: Shop, **units: int) -> TestResponse:
        """Put goods into the cart and order them."""
        self.send(shop.path, {**shop.quantities(**units), "go": "1"})
        return self.send("/cart", {**shop.quantities(**units), "go": "1"})


def fields_of(page: str) -> dict[str, str]:
    """Return the names and values of a page's inputs."""
    found = (re.sub(r"\s+", " ", tag) for tag in re.findall(r"<input[^>]*>", page))
    typed = (tag for tag in found if _attribute(tag, "type") not in ("checkbox", "radio"))
    pairs = ((_attribute(tag, "name"), _attribute(tag, "value")) for tag in typed)
    return {name: value for name, value in pairs if name}


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf' {name}="([^"]*)"', tag)
    return html.unescape(match[1]) if match else ""
