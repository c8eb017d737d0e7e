"""What an operator sees of one round: offers with stock, leaders, suppliers' orders. A few queries each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, and_, cast, func, literal, select

from groupbuy.campaigns.models import Offer, OfferStock, OfferVersion, Round
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.leaders.models import Community, Leader
from groupbuy.messaging.models import Message
from groupbuy.orders.bulk import is_live, whole_order
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order
from groupbuy.purchasing.history import ORDER_KEY
from groupbuy.purchasing.models import PurchaseOrder


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer with what is sold of it; prices in fen, quantities in sale units."""

    id: int
    code: str
    name: str
    spec: str | None
    unit: str
    picture: str | None
    supplier: str
    state: str
    price_fen: int
    list_price_fen: int | None
    sold: int
    limit_units: int | None
    per_buyer_limit: int | None
    min_units: int | None
    basis_price_fen: int | None
    price_basis_g: int | None
    est_grams: int | None


@dataclass(frozen=True, slots=True)
class CancelEffect:
    """What cancelling a round would touch: orders, what was paid for them, residents."""

    orders: int
    paid_fen: int
    residents: int


def offers_of(round_id: int) -> Sequence[OfferRow]:
    """Return a round's offers in the order in which they are shown."""
    rows = db.session.execute(
        select(
            Offer.id,
            Product.code,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            Product.picture,
            Supplier.name,
            Offer.state,
            OfferVersion.price_fen,
            OfferVersion.list_price_fen,
            OfferStock.sold,
            OfferStock.limit_units,
            Offer.per_buyer_limit,
            Offer.min_units,
            OfferVersion.basis_price_fen,
            OfferVersion.price_basis_g,
            OfferVersion.est_grams,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .join(Product, Product.id == Offer.product_id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .where(Offer.round_id == round_id)
        .order_by(Offer.sort, Offer.id)
    )
    return [OfferRow(*tuple(row)) for row in rows]


def leaders_of(round_id: int) -> Sequence[Any]:
    """Return the leaders with orders in a round: code, name, community, orders, fen."""
    return db.session.execute(
        select(
            Leader.code,
            Leader.name,
            Community.name.label("community"),
            func.count(whole_order().distinct()).label("orders"),
            total(goods_fen()).label("amount_fen"),
        )
        .join(Leader, Leader.id == Order.leader_id)
        .outerjoin(Community, Community.id == Leader.community_id)
        .where(Order.round_id == round_id, is_live())
        .group_by(Leader.code, Leader.name, Community.name)
        .order_by(Leader.code)
    ).all()


def purchase_orders_of(round_id: int) -> Sequence[Any]:
    """Return a round's purchase orders with their supplier and what became of the mail."""
    key = literal(ORDER_KEY).concat(cast(PurchaseOrder.id, String))
    return db.session.execute(
        select(PurchaseOrder, Supplier.code, Supplier.name, Message.state.label("mail"))
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .outerjoin(Message, Message.key == key)
        .where(PurchaseOrder.round_id == round_id)
        .order_by(Supplier.code)
    ).all()


def cancel_effect(round_: Round) -> CancelEffect:
    """Return what cancelling a round would touch."""
    alive = Order.state.in_(("awaiting_payment", "confirmed"))
    row = db.session.execute(
        select(
            func.count(whole_order().distinct()),
            total(Order.paid_fen),
            func.count(Order.resident_id.distinct()),
        ).where(Order.round_id == round_.id, alive)
    ).one()
    return CancelEffect(*tuple(row))
