"""A day of goods that arrive, driven through the use cases as the warehouse does."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from groupbuy.analytics.invariants import check_all
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import allocating, receiving
from groupbuy.flows.allocating import Allocation
from groupbuy.flows.receiving import Delivery
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import stock as stock
from groupbuy.warehouse.models import GoodsReceipt, StockLevel
from groupbuy.warehouse.rules import Policy
from tests import building

ARRIVES = building.CLOSES + timedelta(hours=8)
TOLERANCE_BP = 200
ACTOR = Actor("test")


def order_of(round_: Round) -> PurchaseOrder:
    """Return the only purchase order of a round as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    (order,) = purchasing.orders_of_round(round_.id)
    return order


def receive(number: str, units: Mapping[str, int], **details: Any) -> GoodsReceipt:
    """Book a delivery of product codes; ``details`` are those of ``receive_goods``, also ``rejected``."""
    rejected = details.pop("rejected", {})
    deliveries = [
        Delivery(code, count, rejected.get(code, 0), "压坏" if code in rejected else None)
        for code, count in units.items()
    ]
    usual = {"tolerance_bp": TOLERANCE_BP, "now": ARRIVES, "actor": ACTOR}
    with transaction():
        return receiving.receive_goods(number=number, deliveries=deliveries, **(usual | details))


def share_out(round_: Round, policy: Policy, products: Sequence[str] | None = None) -> Allocation | None:
    """Apply a policy to what is short."""
    with transaction():
        return allocating.apply(
            round_=db.session.get_one(Round, round_.id),
            policy=policy,
            now=ARRIVES,
            actor=ACTOR,
            product_codes=products,
        )


def stored(order: Order) -> Order:
    """Return an order as it is stored now."""
    db.session.rollback()
    return db.session.get_one(Order, order.id, populate_existing=True)


def quantities(order: Order) -> dict[str, int]:
    """Return what will be delivered on an order, by product code."""
    fresh = stored(order)
    db.session.expire(fresh, ["lines"])
    return {line.offer.product.code: line.quantity for line in fresh.lines}


def in_stock(product: Product) -> int:
    """Return the units of a product in stock."""
    db.session.rollback()
    level = db.session.get(StockLevel, product.id, populate_existing=True)
    return level.units if level else 0


def wrong() -> list[str]:
    """Return the invariants that do not hold."""
    db.session.rollback()
    return [f"{one.name}: {one.examples}" for one in check_all(now=ARRIVES) if one.violations]
