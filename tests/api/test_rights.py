"""Who may do what over the API: each operation against each role, as ``rights.txt`` says.

An operation that is not in the table fails.
"""

from typing import Any

import pytest

from groupbuy.api.v1.endpoint import OPERATIONS
from tests.api.conftest import Person, Town
from tests.api.rights import PEOPLE, read_table

ROWS = read_table()


@pytest.mark.check(23)
def test_every_operation_is_in_the_table() -> None:
    assert ROWS.keys() == OPERATIONS.keys()


@pytest.mark.check(23, 26)
@pytest.mark.parametrize("name", ROWS)
def test_each_role_gets_the_expected_answer(town: Town, name: str) -> None:
    row = ROWS[name]
    order = town.buyer.order({"P1": 1}).json
    path = row.path.format(order=order["order_no"])
    body = {"code": order["pickup_code"]} if name == "verify_pickup" else row.body
    # The operator is asked last: what operators do may end what the others look at.
    answers = {
        who: person(town, who).ask(row.method, path, body).status_code
        for who in (*PEOPLE[:7], *PEOPLE[8:], "operator")
    }
    assert [str(answers[who]) for who in PEOPLE] == row.answers


def person(town: Town, who: str) -> Person:
    """Return somebody of the table with a token, or a client without one."""
    made = {
        "resident": lambda: town.buyer,
        "other_resident": lambda: town.other_buyer,
        "leader": lambda: town.head,
        "other_leader": lambda: town.other_head,
        "helper": town.helper,
        "nobody": lambda: Nobody(town.app.test_client(), ""),
    }
    return made[who]() if who in made else town.staff(who)


class Nobody(Person):
    """Somebody without a token."""

    def ask(self, method: str, path: str, body: Any = None, *_: Any, **headers: str) -> Any:
        """Send a request without a token."""
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
