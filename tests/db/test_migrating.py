"""Migrations on tables that are in use: rows that refer to one another survive, there and back."""

from threading import Thread

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from groupbuy.db import db
from groupbuy.orders.models import OrderLine
from tests import building
from tests.support.locks import wait_until_somebody_waits


def test_a_database_with_orders_goes_back_and_comes_forward_again(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    round_ = building.add_round([product])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 3})
    building.close(app, round_)
    db.session.remove()
    downgrade(revision="0004")
    upgrade()
    assert db.session.scalar(select(func.sum(OrderLine.quantity))) == 3
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA foreign_keys")) == 1
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_migration_gives_way_to_somebody_who_needs_its_tables(app: Flask) -> None:
    losses: list[Exception] = []

    def take_back() -> None:
        try:
            with app.app_context():
                downgrade(revision="0082")
        except Exception as error:
            losses.append(error)

    with db.engine.begin() as buyer:
        buyer.execute(text("SELECT 1 FROM offer_version"))
        migration = Thread(target=take_back)
        migration.start()
        wait_until_somebody_waits()
        # The migration holds this table and waits for the other: one of the two has to give way.
        buyer.execute(text("SELECT 1 FROM order_line"))
    migration.join()
    assert losses == []
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == "0082"
    db.session.rollback()
    upgrade()
