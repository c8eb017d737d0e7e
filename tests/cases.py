"""Rounds that buy whole cases only, and residents who would take more if that fills one."""

from typing import Any

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import naming_tolerances
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse import planned
from groupbuy.warehouse.planned import Outlook
from tests import building
from tests.building import ACTOR, NOW


def by_the_case(*codes: str, offers: Any = None, supplier: Any = None, **columns: Any) -> Round:
    """Make a round of products of which only whole cases are bought; ``supplier`` has columns of its own."""
    supplier = building.add_supplier(**(supplier or {}))
    products = [building.add_product(supplier, code, keeps=True) for code in codes]
    return building.add_round(products, offers=offers, surplus_policy="shortfall", **columns)


def allow(order: Order, now: Any = NOW, **units: int) -> None:
    """Say how many units more an order takes, by product code."""
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        naming_tolerances.allow(order=fresh, units=units, now=now, actor=ACTOR)


def wanted(round_: Round, leader: Leader, wishes: dict[str, int], **more: int) -> Order:
    """Place an order of a new resident, who takes some more."""
    order = building.place(round_, building.add_resident(leader), wishes)
    if more:
        allow(order, **more)
    return order


def bought(round_: Round) -> dict[str, tuple[int, int, int]]:
    """Return by product what was ordered, bought and is short."""
    db.session.rollback()
    return {
        line.product.code: (line.ordered, line.purchased, line.shortfall)
        for one in purchasing.orders_of_round(round_.id)
        for line in one.lines
    }


def outlook(round_: Round) -> list[Outlook]:
    """Return what is offered and given of each offer of a round."""
    db.session.rollback()
    found = planned.outlook(db.session.get_one(Round, round_.id, populate_existing=True))
    return [found[offer_id] for offer_id in sorted(found)]
