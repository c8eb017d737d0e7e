"""The demonstration region, as far as its documents show it."""

from flask import Flask

from groupbuy.app import settings_of
from groupbuy.cli.demo import catalogue, region
from groupbuy.db.transaction import in_transaction
from groupbuy.purchasing.delivering import delivery_place
from tests.building import NOW


def test_suppliers_of_the_demonstration_are_told_where_to_deliver(app: Flask) -> None:
    in_transaction(lambda: region.load(now=NOW, zone=settings_of(app).timezone))

    assert delivery_place() == catalogue.WAREHOUSE
