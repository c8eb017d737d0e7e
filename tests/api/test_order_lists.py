"""Lists of orders, leaders and residents over the API: whose they are, what narrows them, their pages."""

from typing import Any

import pytest

from tests.api.conftest import Person, Town
from tests.building import NOW


def numbers(person: Person, query: str = "") -> list[str]:
    """Return the numbers of the orders that somebody gets, as they come."""
    answer = person.get(f"/orders{query}")
    assert answer.status_code == 200, answer.json
    return [order["order_no"] for order in answer.json["items"]]


def codes(person: Person, path: str) -> list[str]:
    """Return the codes of a list of leaders or residents."""
    answer = person.get(path)
    assert answer.status_code == 200, answer.json
    return [row["code"] for row in answer.json["items"]]


def place(person: Person, **quantities: int) -> str:
    """Order and return the order's number."""
    number: str = person.order(quantities).json["order_no"]
    return number


def test_everybody_gets_the_orders_that_they_may_see_the_newest_first(town: Town) -> None:
    first, second = place(town.buyer, P1=1), place(town.buyer, P2=1)
    other = place(town.other_buyer, P1=1)
    assert numbers(town.buyer) == [second, first]
    assert numbers(town.other_buyer) == numbers(town.other_head) == [other]
    assert numbers(town.head) == [second, first]
    assert numbers(town.staff()) == [other, second, first]


def test_an_order_of_a_list_is_the_order_itself(town: Town) -> None:
    number = place(town.buyer, P1=1, P2=2)
    place(town.buyer, P2=1)
    shown = {order["order_no"]: order for order in town.buyer.get("/orders").json["items"]}
    assert shown[number] == town.buyer.get(f"/orders/{number}").json
    assert [line["product_code"] for line in shown[number]["lines"]] == ["P1", "P2"]


def test_orders_are_narrowed_by_whatever_is_asked(town: Town) -> None:
    operator = town.staff()
    first, other = place(town.buyer, P1=1), place(town.other_buyer, P2=1)
    town.buyer.ask("POST", f"/orders/{first}/cancel", {"reason": "不要了"})
    assert numbers(operator, "?state=cancelled") == [first]
    assert numbers(operator, "?round=C1") == [other, first]
    assert numbers(operator, "?round=C9") == []
    assert numbers(operator, "?leader_code=L2") == [other]
    assert numbers(operator, f"?resident_code={town.resident.code}") == [first]
    assert numbers(operator, f"?search={first}") == [first]
    assert numbers(operator, "?search=李先生") == [other]
    assert numbers(operator, f"?since={NOW.isoformat()[:10]}T00:00:00Z") == [other, first]
    assert numbers(operator, "?since=2099-01-01T00:00:00Z") == []
    assert numbers(town.head, "?leader_code=L2") == []


def test_orders_come_in_pages_that_miss_none_and_repeat_none(town: Town) -> None:
    placed = [place(town.buyer, P1=1) for _ in range(5)]
    found: list[str] = []
    query: str | None = "?limit=2"
    while query:
        answer = town.buyer.get(f"/orders{query}").json
        found += [order["order_no"] for order in answer["items"]]
        query = f"?limit=2&cursor={answer['next_cursor']}" if answer["next_cursor"] else None
    assert found == placed[::-1]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("?since=yesterday", "since"),
        ("?state=lost", "state"),
        ("?limit=0", "limit"),
        ("?cursor=AAAA", "cursor"),
        ("?buyer=R1", "buyer"),
        (f"?search={'x' * 101}", "search"),
    ],
)
def test_a_wrong_question_is_refused_with_the_field_named(town: Town, query: str, param: str) -> None:
    answer = town.buyer.get(f"/orders{query}")
    assert (answer.status_code, answer.json["error"]["param"]) == (422, param)


def test_leaders_and_residents_are_narrowed_by_whatever_is_asked(town: Town) -> None:
    operator: Any = town.staff()
    mine, others = town.resident.code, town.other_resident.code
    assert codes(operator, "/leaders?search=l2") == ["L2"]
    assert codes(operator, "/leaders?state=active") == ["L1", "L2"]
    assert codes(operator, "/leaders?state=suspended") == []
    assert codes(operator, "/residents?leader_code=L1") == [mine]
    assert codes(operator, "/residents?search=李先生") == [others]
    assert codes(operator, f"/residents?search={town.resident.phone[-4:]}&leader_code=L1") == [mine]
    assert codes(operator, "/residents?active=false") == []
    assert codes(town.head, "/residents?leader_code=L2") == []
    assert operator.get("/residents?active=maybe").json["error"]["param"] == "active"
