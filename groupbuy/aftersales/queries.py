"""Reading after-sale cases, always within what the asker may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from groupbuy.aftersales import rules
from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine, Replacement
from groupbuy.aftersales.rules import CaseState, Goods, Kind, PromiseState
from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.finance.dials import dials
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.orders.models import Order, OrderLine
from groupbuy.pickup.unfetched import disposed_of

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


@dataclass(frozen=True, slots=True)
class Askable:
    """Sale units of an order's line that can be asked for, until when; None before the pickup."""

    line_id: int
    name: str
    units: int
    until: datetime | None


def askable(order_id: int) -> Mapping[str, Askable]:
    """Return by product code what nobody has asked for yet, also where its time is over."""
    days = dials().after_sale_days
    return {
        code: Askable(line_id, name, units, rules.deadline(picked_up_at, hours, days))
        for code, line_id, name, units, picked_up_at, hours in db.session.execute(_not_asked_for(order_id))
        if units > 0
    }


def _not_asked_for(order_id: int) -> Select[*tuple[Any, ...]]:
    credited = Replacement.credit_fen.is_not(None)
    # What was taken off the line already waits for nothing on it.
    gone = _promised(CaseState.APPROVED, or_(Replacement.state == PromiseState.REFUNDED, credited))
    made_good = _promised(CaseState.CLOSED, and_(Replacement.state == PromiseState.HANDED_OUT, ~credited))
    return (
        select(
            Product.code,
            OrderLine.id,
            OfferVersion.name,
            OrderLine.quantity - _asked_for() + gone - made_good - disposed_of(),
            Order.picked_up_at,
            Category.after_sale_hours,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(OrderLine.order_id == order_id, Offer.state == "active")
        .order_by(OrderLine.id)
    )


def _asked_for() -> ScalarSelect[int]:
    """Return how many units of a line are in cases that are not over."""
    return (
        select(total(AfterSaleLine.units))
        .join(AfterSaleCase, AfterSaleCase.id == AfterSaleLine.case_id)
        .where(AfterSaleLine.order_line_id == OrderLine.id, AfterSaleCase.state.in_(("asked", "approved")))
        .scalar_subquery()
    )


def _promised(of_case: CaseState, what_became: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return how many units of a line were promised again in cases of one state, by what became of it."""
    return (
        select(total(Replacement.units))
        .join(AfterSaleCase, AfterSaleCase.id == Replacement.case_id)
        .where(Replacement.order_line_id == OrderLine.id, AfterSaleCase.state == of_case, what_became)
        .scalar_subquery()
    )


def returnable(case_id: int) -> Mapping[int, int]:
    """Return by line of a case how many sale units a resident has had that no other case brought back.

    What was refunded is not on the line any more, and what was made good was had twice.
    """
    other = aliased(AfterSaleLine)
    made_good = and_(AfterSaleCase.kind.in_(HOLDS_GOODS), AfterSaleCase.state == CaseState.CLOSED)
    had = case((made_good, other.units), else_=0)
    back = case((AfterSaleCase.goods != Goods.KEPT, other.units), else_=0)
    rows = (
        select(OrderLine.id, OrderLine.quantity + total(had - back))
        .join(AfterSaleLine, AfterSaleLine.order_line_id == OrderLine.id)
        .outerjoin(other, and_(other.order_line_id == OrderLine.id, other.case_id != case_id))
        .outerjoin(AfterSaleCase, AfterSaleCase.id == other.case_id)
        .where(AfterSaleLine.case_id == case_id)
        .group_by(OrderLine.id, OrderLine.quantity)
    )
    return by_key(rows)


def cases_of(order_id: int) -> Sequence[AfterSaleCase]:
    """Return the cases of an order, the latest first, with their lines."""
    mine = select(AfterSaleCase).where(AfterSaleCase.order_id == order_id).options(*everything())
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
    case = db.session.scalar(statement.options(*everything()))
    if case is None:
        raise NotFound("unknown_case", "There is no such after-sale case.")
    return case


def replacement_of(order_id: int) -> Replacement | None:
    """Return the promise that an order keeps; None for one that is paid for."""
    return db.session.scalar(select(Replacement).where(Replacement.order_id == order_id))


def check_is_paid_for(order_id: int) -> None:
    """Raise RuleBroken ``is_replacement`` for an order that stands in the place of other goods."""
    if replacement_of(order_id) is not None:
        raise RuleBroken("is_replacement", "These goods replace others; they stay as they are.")


def cases_by_reason() -> dict[Any, int]:
    """Return how many cases there were for each reason."""
    counted = select(AfterSaleCase.reason, func.count()).group_by(AfterSaleCase.reason)
    return by_key(counted.order_by(AfterSaleCase.reason))


def everything() -> tuple[ExecutableOption, ...]:
    """Return what loads all that a page says of a case, in few queries."""
    line = selectinload(AfterSaleCase.lines).joinedload(AfterSaleLine.line)
    order, promised = joinedload(AfterSaleCase.order), selectinload(AfterSaleCase.replacements)
    return (
        promised.joinedload(Replacement.product),
        promised.joinedload(Replacement.order).joinedload(Order.round),
        line.joinedload(OrderLine.offer_version),
        line.joinedload(OrderLine.offer).joinedload(Offer.product),
        order.joinedload(Order.resident),
        order.joinedload(Order.leader),
        order.joinedload(Order.round),
    )
