"""Finding orders by whatever somebody has at hand, in one query."""

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine

# A shorter run of digits is a room or part of a name, not the tail of a phone.
PHONE_TAIL = 4


def orders() -> Select[*tuple[Any, ...]]:
    """Return orders with resident, leader and round, the newest first; add conditions to it."""
    return (
        select(Order, Resident, Leader, Round)
        .join(Resident, Resident.id == Order.resident_id)
        .join(Leader, Leader.id == Order.leader_id)
        .join(Round, Round.id == Order.round_id)
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )


def matching(text: str) -> ColumnElement[bool]:
    """Return the condition that an order has a text as number, phone, name, room, or in its goods."""
    return or_(
        Order.number == text.upper(),
        Order.order_ref == text,
        Order.pickup_code == text,
        *_by_phone(text),
        _has(Resident.name, text),
        _has(Resident.room, text),
        _has(Resident.building, text),
        _goods(text),
    )


def _by_phone(text: str) -> list[ColumnElement[bool]]:
    if not (text.isascii() and text.isdigit()) or len(text) < PHONE_TAIL:
        return []
    return [Resident.phone.endswith(text, autoescape=True)]


def _goods(text: str) -> ColumnElement[bool]:
    return (
        select(OrderLine.id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .where(OrderLine.order_id == Order.id, or_(_has(OfferVersion.name, text), Product.code == text))
        .exists()
    )


def _has(column: Any, text: str) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.icontains(text, autoescape=True)
    return condition
