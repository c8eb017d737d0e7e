"""Pages: forgery, reading without a change, headers, and texts of people that stay texts."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from groupbuy.db import db
from tests.building import NOW
from tests.files import csv_text, import_text
from tests.security.forms import Form, forms_of
from tests.security.rights import LET_IN, path_of, read_table
from tests.security.town import PEOPLE, Town

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# What proves who sends it otherwise: a password, or a channel's signature over the body. Nobody's browser
# adds either, so a forged request could do no more than the stranger who made it.
PROVED_OTHERWISE = ("api_v1.issue_token", "channel.notify")
# Reading may be logged: who looked at whose data is itself a duty (check 60).
MAY_GROW = ("audit_entry",)
# Between them they open every page.
SPEAKERS = ("resident", "leader", "supplier", "operator")
# Pictures and icons are the same for everybody.
FOR_ALL = ("/static/", "/uploads/")
CANARY = "\"'><xss-canary>{{7*7}}"
RAW = re.compile(r"<xss-canary|['\"]><xss|xss-canary>49")
# These end what other pages show, or make somebody another person; their texts are typed last.
ENDINGS = re.compile(
    r"/(end|cancel|close|leave|reject\w*|suspended|exited|active|sign-out|sign-up|roles|remove|state)$"
)


def sample(rule: Any) -> str:
    """Return an address that the rule matches, whether or not there is such a thing."""
    values: dict[str, Any] = {}
    for name, converter in rule._converters.items():
        kind = type(converter).__name__
        values[name] = {"AnyConverter": lambda c=converter: sorted(c.items)[0]}.get(kind, lambda: "1")()
    return str(rule.build(values)[1])


def pages(town: Town, *methods: str) -> Iterator[tuple[str, str]]:
    """Yield who is let in and the address, for each line of the table of rights."""
    for row in read_table():
        if row.method in (methods or ("GET",)):
            for who, sign in zip(PEOPLE, row.signs, strict=True):
                if sign == LET_IN:
                    yield who, path_of(row, town.facts)


def contents() -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    db.session.rollback()
    found = {}
    for name in db.metadata.tables:
        if name not in MAY_GROW:
            found[name] = sorted(map(repr, db.session.execute(text(f'SELECT * FROM "{name}"'))))  # noqa: S608 - names of our own tables
    db.session.rollback()
    return found


@pytest.mark.check(17)
@pytest.mark.parametrize("who", ["operator", "leader", "resident"])
def test_no_route_takes_a_write_without_the_sessions_token(town: Town, who: str, database_kind: str) -> None:
    town.app.config["WTF_CSRF_ENABLED"] = True
    before = contents()
    answers = {
        f"{method} {rule}": town.browser(who).open(sample(rule), method=method).status_code
        for rule in town.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & set(UNSAFE))
        if rule.endpoint not in PROVED_OTHERWISE
    }
    assert len(answers) > 60
    assert {route: status for route, status in answers.items() if status != HTTPStatus.FORBIDDEN} == {}
    assert contents() == before


@pytest.mark.check(18)
def test_reading_changes_nothing(town: Town, database_kind: str) -> None:
    before, changed = contents(), []
    for who, path in pages(town):
        if who in ("nobody", "resident", "leader", "helper", "supplier", "operator"):
            town.browser(who).get(path).close()
            if (after := contents()) != before:
                changed.append((who, path, [name for name in after if after[name] != before[name]]))
                before = after
    assert changed == []


@pytest.mark.check(19, 20, 21)
def test_every_answer_has_the_headers_and_what_is_personal_is_not_stored(
    town: Town, database_kind: str
) -> None:
    # Of those who are let in the last one is enough: headers do not depend on the role.
    for path, who in {path: who for who, path in pages(town)}.items():
        with town.browser(who).get(path, base_url="https://localhost") as answer:
            headers = answer.headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000"), path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        if who != "nobody" and not path.startswith(FOR_ALL):
            assert headers["Cache-Control"] == "no-store", (who, path)


@pytest.mark.check(22)
def test_a_text_from_anybody_is_shown_as_text_wherever_it_comes_up(town: Town, database_kind: str) -> None:
    assert RAW.search(CANARY)
    import_hostile_names()
    hostile = Hostile(town)
    hostile.read_all()
    hostile.fill_in(lambda form: not ENDINGS.search(urlsplit(form.action).path))
    hostile.read_all()
    hostile.fill_in(lambda form: bool(ENDINGS.search(urlsplit(form.action).path)))
    hostile.read_all()
    assert hostile.typed > 60
    assert hostile.shown > 60
    assert hostile.raw == set()


def import_hostile_names() -> None:
    """Bring hostile names of everything in by files."""
    hostile = {
        "suppliers": ("code,name,contact,phone,email,min_order_yuan", ("S9", CANARY, CANARY, "", "", "")),
        "products": (
            "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan",
            ("P9", CANARY, CANARY, "S9", CANARY, "", "1", "2"),
        ),
        "leaders": (
            "code,name,phone,community,address,route,commission_percent",
            ("L9", CANARY, "13611110000", CANARY, CANARY, "R<b>", ""),
        ),
        "residents": ("code,name,phone,leader_code,room", ("M9", CANARY, "13611110001", "L1", CANARY)),
        "offers": (
            "campaign_code,campaign_name,opens_at,closes_at,pickup_date,product_code,price_yuan,limit_units,"
            "per_buyer_limit,min_units",
            ("C9", CANARY, "2026-11-22 10:00", "2026-11-22 22:00", "2026-11-23", "P9", "2", "", "", ""),
        ),
    }
    for kind, (columns, row) in hostile.items():
        result = import_text(kind, csv_text(columns, [row]), now=NOW)
        assert not result.faults, (kind, result.faults)


class Hostile:
    """Somebody in each role who types a tag into every field, and reads every page."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.addresses = [(who, path) for who, path in pages(town) if who in SPEAKERS]
        self.addresses += [("leader", "/leader/rounds/C9"), ("operator", "/admin/rounds/C9")]
        self.addresses += [("operator", "/admin/products/P9"), ("nobody", "/r/C9?l=L1"), ("nobody", "/l/L9")]
        self.typed = self.shown = 0
        self.raw: set[str] = set()

    def read_all(self) -> None:
        """Read every page of the table, and search in those that have a search."""
        for who, path in self.addresses:
            self._look(path, self._page(self.town.browser(who), path))

    def fill_in(self, wanted: Any) -> None:
        """Type the tag into all texts of the forms that are wanted, and send them."""
        for who, path in self.addresses:
            browser = self.town.browser(who)
            for form in forms_of(self._page(browser, path), page=path):
                if form.texts and wanted(form):
                    self._send(browser, form)

    def _send(self, browser: FlaskClient, form: Form) -> None:
        fields = form.filled(CANARY)
        if form.method == "get":
            answer = browser.get(form.action, query_string=fields)
        else:
            answer = browser.post(form.action, data=fields)
        assert answer.status_code < 500, (form.action, answer.status_code)
        self.typed += len(form.texts)
        self._look(f"answer of {form.action}", _html(answer))

    def _page(self, browser: FlaskClient, path: str) -> str:
        answer = browser.get(path)
        assert answer.status_code < 500, (path, answer.status_code)
        return _html(answer)

    def _look(self, place: str, html: str) -> None:
        self.shown += "xss-canary" in html
        if found := RAW.search(html):
            self.raw.add(f"{place}: {html[max(found.start() - 80, 0) : found.end() + 20]}")


def _html(answer: Any) -> str:
    with answer:
        return str(answer.text) if answer.mimetype == "text/html" else ""
