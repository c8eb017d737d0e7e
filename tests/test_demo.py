"""The demonstration region, as far as its documents show it."""

from flask import Flask
from sqlalchemy import select

from groupbuy.app import settings_of
from groupbuy.catalog.models import Supplier
from groupbuy.cli.demo import catalogue, region
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.purchasing.delivering import delivery_place
from tests.building import NOW


def test_suppliers_of_the_demonstration_know_where_to_deliver_and_how_they_are_paid(app: Flask) -> None:
    in_transaction(lambda: region.load(now=NOW, zone=settings_of(app).timezone))

    assert delivery_place() == catalogue.WAREHOUSE
    assert None not in db.session.scalars(select(Supplier.terms)).all()
