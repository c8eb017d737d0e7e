"""Reading after-sale cases, always within what the asker may see."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine
from groupbuy.aftersales.rules import CaseState, Kind
from groupbuy.campaigns.models import Offer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.models import Order, OrderLine

# A complaint is no reason to keep goods back.
HOLDS_GOODS = (Kind.REFUND, Kind.REPLACEMENT, Kind.EXCHANGE)

# The same condition as ``holds_back`` in SQL, for statements that are written by hand.
HELD_SQL = """
SELECT 1 FROM after_sale_case
WHERE order_id = "order".id AND state = 'asked' AND kind IN ('refund', 'replacement', 'exchange')
"""


def holds_back() -> ColumnElement[bool]:
    """Return the condition that goods of an order stay while somebody decides about them."""
    return exists().where(
        AfterSaleCase.order_id == Order.id,
        AfterSaleCase.state == CaseState.ASKED,
        AfterSaleCase.kind.in_(HOLDS_GOODS),
    )


def held_back(order_ids: Sequence[int]) -> set[int]:
    """Return which of some orders have a case that keeps their goods back."""
    return set(db.session.scalars(select(Order.id).where(Order.id.in_(order_ids), holds_back())))


def askable(order_id: int) -> Mapping[str, tuple[int, int]]:
    """Return line id and sale units that can still be asked for by product code."""
    pending = (
        select(total(AfterSaleLine.units))
        .join(AfterSaleCase, AfterSaleCase.id == AfterSaleLine.case_id)
        .where(AfterSaleLine.order_line_id == OrderLine.id, AfterSaleCase.state.in_(("asked", "approved")))
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Product.code, OrderLine.id, OrderLine.quantity - pending)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .where(OrderLine.order_id == order_id, Offer.state == "active")
        .order_by(OrderLine.id)
    )
    return {code: (line_id, units) for code, line_id, units in rows if units > 0}


def cases_of(order_id: int) -> Sequence[AfterSaleCase]:
    """Return the cases of an order, the latest first, with their lines."""
    mine = select(AfterSaleCase).where(AfterSaleCase.order_id == order_id).options(*_everything())
    return db.session.scalars(mine.order_by(AfterSaleCase.id.desc())).all()


def get_case(
    number: str, *, resident_ids: Sequence[int] | None = None, leader_ids: Sequence[int] | None = None
) -> AfterSaleCase:
    """Return a case with its order and lines; raise NotFound, also when it is somebody else's."""
    statement = select(AfterSaleCase).join(Order, Order.id == AfterSaleCase.order_id)
    statement = statement.where(AfterSaleCase.number == number)
    if resident_ids is not None:
        statement = statement.where(Order.resident_id.in_(resident_ids))
    if leader_ids is not None:
        statement = statement.where(Order.leader_id.in_(leader_ids))
    case = db.session.scalar(statement.options(*_everything()))
    if case is None:
        raise NotFound("unknown_case", "There is no such after-sale case.")
    return case


def find_by_key(key: str | None) -> AfterSaleCase | None:
    """Return the case that a submission key has made already."""
    if key is None:
        return None
    return db.session.scalar(select(AfterSaleCase).where(AfterSaleCase.submission_key == key))


def cases_by_reason() -> dict[Any, int]:
    """Return how many cases there were for each reason."""
    counted = select(AfterSaleCase.reason, func.count()).group_by(AfterSaleCase.reason)
    return by_key(counted.order_by(AfterSaleCase.reason))


def _everything() -> tuple[ExecutableOption, ...]:
    line = selectinload(AfterSaleCase.lines).joinedload(AfterSaleLine.line)
    order = joinedload(AfterSaleCase.order)
    return (
        line.joinedload(OrderLine.offer_version),
        line.joinedload(OrderLine.offer).joinedload(Offer.product),
        order.joinedload(Order.resident),
        order.joinedload(Order.leader),
        order.joinedload(Order.round),
    )
