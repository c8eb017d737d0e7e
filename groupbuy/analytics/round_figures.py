"""Rounds with what was ordered and sold in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, or_, select

from groupbuy.campaigns.listing import by_urgency
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.bulk import is_live, whole_order
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order


def round_sums() -> Subquery:
    """Return live orders, leaders and fen by round."""
    return (
        select(
            Order.round_id,
            func.count(whole_order().distinct()).label("orders"),
            func.count(Order.leader_id.distinct()).label("leaders"),
            total(goods_fen()).label("amount_fen"),
        )
        .where(is_live())
        .group_by(Order.round_id)
        .subquery()
    )


def round_progress() -> Subquery:
    """Return by round how far its offers are: towards their thresholds, and towards their limits."""
    sold, least = OfferStock.sold, Offer.min_units
    return (
        select(
            Offer.round_id,
            func.count().label("offers"),
            total(least).label("needed"),
            total(case((sold < least, sold), else_=least)).label("reached"),
            total(OfferStock.limit_units).label("limit"),
            total(case((OfferStock.limit_units.is_not(None), sold))).label("limited_sold"),
        )
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .where(Offer.state == "active")
        .group_by(Offer.round_id)
        .subquery()
    )


def rounds_with_figures() -> Select[*tuple[Any, ...]]:
    """Return rounds with what was ordered in them; add conditions and an order."""
    sums, progress = round_sums(), round_progress()
    return (
        select(
            Round,
            func.coalesce(sums.c.orders, 0).label("orders"),
            func.coalesce(sums.c.leaders, 0).label("leaders"),
            func.coalesce(sums.c.amount_fen, 0).label("amount_fen"),
            func.coalesce(progress.c.offers, 0).label("offers"),
            progress.c.needed,
            progress.c.reached,
            progress.c.limit,
            progress.c.limited_sold,
        )
        .outerjoin(sums, sums.c.round_id == Round.id)
        .outerjoin(progress, progress.c.round_id == Round.id)
    )


def current_rounds(*, now: datetime, begins: datetime, ends: datetime) -> Sequence[Any]:
    """Return the rounds that sell or close between two moments, what sells now first."""
    selling = Round.state.in_((RoundState.OPEN, RoundState.CLOSING))
    today = and_(Round.closes_at >= begins, Round.closes_at < ends)
    opening = and_(Round.state == RoundState.SCHEDULED, Round.opens_at < ends)
    statement = rounds_with_figures().where(or_(selling, today, opening))
    return db.session.execute(statement.order_by(*by_urgency(now)).limit(50)).all()
