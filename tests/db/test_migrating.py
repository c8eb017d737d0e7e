"""Migrations on tables that are in use: rows that refer to one another survive, there and back."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text

from groupbuy.db import db
from groupbuy.orders.models import OrderLine
from tests import building


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
