"""A supplier whose goods have come."""

import pytest
from flask import Flask

from tests import building
from tests.settlements.bought import Bought
from tests.warehouse import day


@pytest.fixture
def bought(app: Flask) -> Bought:
    supplier = building.add_supplier()
    products = [
        building.add_product(supplier, "P1"),
        building.add_product(supplier, "P2", cost_fen=333, keeps=True),
    ]
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 10, "P2": 4})
    order = day.order_of(building.close(app, round_))
    day.receive(order.number, {"P1": 12, "P2": 6}, rejected={"P1": 5}, last=True)
    return Bought(supplier, order.number)
