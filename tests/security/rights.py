"""The table of rights, ``rights.txt``: who gets what from each page and form.

A line is a method, an address and a sign for each of ``PEOPLE``. Words in braces in an address are
those of ``Town.facts``; an address with a blank in it does not exist.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.security.town import PEOPLE

TABLE = Path(__file__).with_name("rights.txt")
# The operations of the API have a table of their own: tests/api/rights.txt.
ELSEWHERE = ("api_v1",)
LET_IN, REFUSED, UNKNOWN, SIGN_IN, CHOOSE = "+", "-", "0", "s", "r"
SENT_TO = {"/sign-in": SIGN_IN, "/role": CHOOSE}
SIGNS = {401: SIGN_IN, 403: REFUSED, 404: UNKNOWN}


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    method: str
    address: str
    signs: str

    def __str__(self) -> str:
        return f"{self.method:6}  {self.address:58}  {' '.join(self.signs)}"


def read_table() -> list[Row]:
    """Return the lines that are no comment."""
    lines = (line.split() for line in TABLE.read_text().splitlines() if line and line[0] != "#")
    return [Row(method, address, "".join(signs)) for method, address, *signs in lines]


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield method and rule of every route that belongs into the table."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in ELSEWHERE:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


def named(app: Flask, rows: Iterable[Row], facts: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return method and rule of the routes that the lines are about; raise NotFound for no route."""
    urls = app.url_map.bind("localhost")
    return {
        (row.method, urls.match(path_of(row, facts), method=row.method, return_rule=True)[0].rule)
        for row in rows
    }


def path_of(row: Row, facts: Mapping[str, str]) -> str:
    """Return the address of a line with what its words stand for."""
    return row.address.format_map(facts)


def asked(people: Mapping[str, FlaskClient], row: Row, facts: Mapping[str, str]) -> Row:
    """Return the line as the application answers it now; a fault of the server raises AssertionError."""
    path = path_of(row, facts)
    return Row(row.method, row.address, "".join(_sign(people[who], row.method, path) for who in PEOPLE))


def _sign(browser: FlaskClient, method: str, path: str) -> str:
    with browser.open(path, method=method) as answer:
        assert answer.status_code < 500, f"{method} {path} ends in a fault of the server"
        return sign(answer)


def sign(answer: TestResponse) -> str:
    """Return the table's sign for an answer; whatever is no refusal counts as let in."""
    if answer.status_code == 303 and (place := SENT_TO.get(urlsplit(answer.location).path)):
        return place
    return SIGNS.get(answer.status_code, LET_IN)


def how_to_add(missing: Collection[tuple[str, str]]) -> str:
    """Return what to write into the table for routes that are not in it."""
    lines = "\n".join(f"{method:6}  {rule:58}  {'? ' * len(PEOPLE)}" for method, rule in sorted(missing))
    return (
        f"These routes are not in {TABLE.name}. Write the lines below into it, the address with what exists"
        f" in tests/security/town.py in place of <…>, and for each of {', '.join(PEOPLE)} a sign:"
        f" + let in, - refused (403), 0 does not exist for them (404), s sent to sign in,"
        f" r sent to choose another role.\n{lines}"
    )
