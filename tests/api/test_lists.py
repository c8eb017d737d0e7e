"""A list takes as many statements for many things as for few."""

from typing import Any

from groupbuy.db import db
from tests import building
from tests.api.conftest import Person, Town, close
from tests.api.test_short_ways import asked

LISTS = (
    "/orders",
    "/rounds",
    "/rounds/C1",
    "/products",
    "/leaders",
    "/residents",
    "/purchase-orders",
    "/stock",
)
LISTS += ("/stock/batches", "/notices/log", "/webhooks")
DESK = ("/orders", "/rounds/C1", "/residents", "/pickups/day", "/pickups/conflicts", "/messages")


def counts(person: Person, paths: tuple[str, ...]) -> dict[str, int]:
    """Return how many statements each list takes, and look that it is one."""
    found = {}
    for path in paths:
        person.get(path)
        with asked() as statements:
            answer = person.get(path)
        assert answer.status_code == 200, path
        found[path] = len(statements)
    return found


def fill(town: Town, clock: Any, name: str, buyers: int) -> None:
    """Add suppliers, products, leaders and residents who order in a round of their own, and close it."""
    products = []
    for number in range(buyers):
        supplier = building.add_supplier(f"S-{name}-{number}")
        products.append(building.add_product(supplier, f"P-{name}-{number}"))
    building.add_leader(f"L-{name}")
    round_ = building.add_round(products, name)
    for number in range(buyers):
        resident = building.add_resident(town.leader, f"{name}{number}号")
        building.place(round_, resident, {product.code: 1 for product in products})
    clock.move_to(building.CLOSES)
    building.close(town.app, round_, building.CLOSES)
    clock.move_to(building.NOW)
    db.session.rollback()


def test_lists_do_not_ask_again_for_each_thing(town: Town, clock: Any) -> None:
    operator, head = town.staff(), town.head
    town.buyer.order({"P1": 1})
    fill(town, clock, "few", 1)
    before = counts(operator, LISTS) | {f"leader {path}": n for path, n in counts(head, DESK).items()}
    fill(town, clock, "many", 6)
    after = counts(operator, LISTS) | {f"leader {path}": n for path, n in counts(head, DESK).items()}
    assert all(after.values())
    assert {path: (n, before.get(path)) for path, n in after.items() if n > before.get(path, 0)} == {}
    close(town, clock)
