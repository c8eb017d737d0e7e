"""What leaders did not get, decided over the API; figures worked out in ``tests.delivery.town``."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from groupbuy.accounts import service
from groupbuy.db.transaction import transaction
from groupbuy.flows.signing import Count
from tests import building
from tests.api.conftest import Person, person_of
from tests.api.test_short_ways import asked
from tests.building import NOW, PICKUP
from tests.delivery.town import Town
from tests.warehouse import day


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """Put the clock into the day of the tokens."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with all its goods on the east route."""
    town = Town(app)
    town.plan()
    town.receive_all()
    town.leave("东线")
    return town


@pytest.fixture
def operator(app: Flask) -> Person:
    """Return an operator with a token."""
    account = building.add_account("运营")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    return person_of(app, account.id, "operator")


def test_a_discrepancy_is_found_looked_at_and_decided_once(town: Town, operator: Person) -> None:
    town.sign(0, {town.offer("P1"): Count(6, "damaged")})
    found = operator.get("/discrepancies?open=true").json["items"]
    assert [(one["product_code"], one["sent"], one["got"]) for one in found] == [("P1", 7, 6)]
    path = f"/discrepancies/{found[0]['discrepancy']}"
    shown = operator.get(path).json
    # Berta ordered last at L1, so she goes without one apple of ¥9.90; damage is the supplier's.
    assert shown["losing"] == [
        {
            "order_no": town.orders[1].number,
            "resident_code": town.orders[1].resident.code,
            "units": 1,
            "amount_fen": 990,
        }
    ]
    assert (shown["proposed_payer"], shown["obstacle"], shown["decision"]) == ("supplier", None, None)
    decided = operator.ask("POST", f"{path}/decision", {"decision": "refund", "payer": "supplier"})
    assert (decided.status_code, decided.json["charge_fen"], decided.json["losing"]) == (200, 500, [])
    again = operator.ask("POST", f"{path}/decision", {"decision": "dismiss"})
    assert (again.status_code, again.json["error"]["code"]) == (409, "already_decided")
    assert operator.get("/discrepancies?open=true").json["items"] == []
    assert day.wrong() == []


def test_a_refund_needs_somebody_who_pays(town: Town, operator: Person) -> None:
    town.sign(0, {town.offer("P1"): Count(6, "missing")})
    number = operator.get("/discrepancies").json["items"][0]["discrepancy"]
    answer = operator.ask("POST", f"/discrepancies/{number}/decision", {"decision": "refund"})
    assert (answer.status_code, answer.json["error"]["param"]) == (422, "payer")
    assert operator.get(f"/discrepancies/{number}").json["decision"] is None


def test_the_list_takes_as_many_statements_for_many_as_for_few(town: Town, operator: Person) -> None:
    town.sign(0, {town.offer("P1"): Count(6, "missing")})
    few = _statements(operator)
    town.sign(1, {town.offer("P1"): Count(2, "missing")})
    assert len(operator.get("/discrepancies").json["items"]) == 2
    assert _statements(operator) <= few
    assert operator.get(f"/discrepancies?day={PICKUP}&limit=1").json["next_cursor"]
    assert operator.get("/discrepancies?day=2026-01-01").json["items"] == []


def _statements(operator: Person) -> int:
    with asked() as statements:
        assert operator.get("/discrepancies").status_code == 200
    return len(statements)
