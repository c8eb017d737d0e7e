"""Orders from a file, many at once."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, func, insert, select

from groupbuy.campaigns.models import Offer, OfferBuyer
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, table_of
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

BUYER = table_of(OfferBuyer)


def recount_buyers(offer_ids: Collection[int]) -> None:
    """Count again what each resident has of offers with a per-buyer limit; lock their stock before."""
    for part in chunks(sorted(offer_ids), KEYS):
        db.session.execute(delete(OfferBuyer).where(OfferBuyer.offer_id.in_(part)))
        taken: Any = (
            select(OrderLine.offer_id, Order.resident_id, func.sum(OrderLine.quantity))
            .join(Order, Order.id == OrderLine.order_id)
            .join(Offer, Offer.id == OrderLine.offer_id)
            .where(OrderLine.offer_id.in_(part), Offer.per_buyer_limit.is_not(None))
            .where(Order.state != OrderState.CANCELLED)
            .group_by(OrderLine.offer_id, Order.resident_id)
        )
        db.session.execute(insert(BUYER).from_select(["offer_id", "resident_id", "units"], taken))
