"""What tests of the warehouse begin with."""

import pytest
from flask import Flask

from groupbuy.catalog.models import Product
from tests import building
from tests.warehouse.places import add_warehouse, put


@pytest.fixture
def goods(app: Flask) -> list[Product]:
    """Return P1 with 4 of batch A and 5 of B, and P2 with 7 of A; a grid warehouse is empty."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    put(products[0], A=4, B=5)
    put(products[1], A=7)
    add_warehouse("G1")
    return products
