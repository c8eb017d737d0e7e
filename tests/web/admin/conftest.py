"""A town with a round in sale and an operator who is signed in."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.building import NOW
from tests.web.admin.people import Town, sign_in

GOODS = (("P1", "阿克苏苹果"), ("P2", "本地鸡毛菜"))


@pytest.fixture
def town(app: Flask) -> Iterator[Town]:
    """Yield the town at nine in the morning of the round's day."""
    with time_machine.travel(NOW, tick=False):
        supplier = building.add_supplier(min_order_fen=100_000)
        products = [building.add_product(supplier, code, name=name) for code, name in GOODS]
        leader = building.add_leader(community="阳光花园", address="东门驿站")
        resident = building.add_resident(leader, name="王女士", room="3-2-501")
        round_ = building.add_round(products, offers={"P1": {"limit_units": 5}})
        account = building.add_account("张晓梅")
        with transaction():
            service.grant_role(account=account, role="operator", now=NOW, actor="test")
        yield Town(app, leader, resident, products, round_, sign_in(app, account, "operator"))


@pytest.fixture
def number(town: Town) -> str:
    """Close the round with 4 of P1 for Mrs Wang and approve its purchase order of 6; return its number."""
    building.place(town.round, town.resident, {"P1": 4})
    building.close(town.app, town.round)
    found = str(db.session.scalar(select(PurchaseOrder.number)))
    town.operator.post(f"/admin/purchasing/{found}/approve")
    return found
