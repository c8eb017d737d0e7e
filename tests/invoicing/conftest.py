"""What the tests of invoices share: the hour, and an order that can be invoiced."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, NOW
from tests.invoicing.office import stored


@pytest.fixture
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def order(app: Flask) -> Order:
    """Return an order of 5 at ¥9.90 that is paid and picked up."""
    round_ = building.add_round([building.add_product(building.add_supplier())])
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 5})
    with transaction():
        ordering.mark_paid(order=stored(placed), now=NOW, actor=ACTOR)
    building.close(app, round_)
    return stored(placed)
