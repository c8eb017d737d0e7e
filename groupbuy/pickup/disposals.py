"""All perishables whose residents were warned, and what became of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.kernel.times import iso
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order, OrderLine
from groupbuy.pickup.models import PerishableLine
from groupbuy.pickup.parts import OPEN_STATES
from groupbuy.pickup.unfetched import DISPOSED, LEFT, units_left

# ``warned`` may be fetched yet, ``due`` waits for a decision, of ``gone`` nothing was left to decide about.
STATES = ("warned", "due", DISPOSED, LEFT, "gone")
NAMED = (
    Order.number.label("order_no"),
    Leader.code.label("leader_code"),
    Leader.name.label("leader"),
    Product.code.label("product_code"),
    OfferVersion.name.label("product"),
)


def disposals(
    leader_ids: Collection[int] | None, now: datetime, *, state: str | None = None
) -> Select[*tuple[Any, ...]]:
    """Select the lines with order, leader, product and state, of some leaders or None for all.

    ``units`` are those that were disposed of, before a decision those that are left.
    """
    stands = _state(now)
    units = case((PerishableLine.decision == DISPOSED, PerishableLine.units), else_=units_left())
    rows = (
        select(PerishableLine, *NAMED, units.label("units"), stands.label("state"))
        .join(OrderLine, OrderLine.id == PerishableLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Leader, Leader.id == Order.leader_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(Product, Product.id == Offer.product_id)
    )
    if leader_ids is not None:
        rows = rows.where(Order.leader_id.in_(leader_ids))
    return rows if state is None else rows.where(stands == state)


def disposal_json(row: Any) -> dict[str, Any]:
    """Return a line of ``disposals`` in the shape that the command line and the API hand out."""
    line: PerishableLine = row.PerishableLine
    return {
        "order_no": row.order_no,
        "leader_code": row.leader_code,
        "product_code": row.product_code,
        "name": row.product,
        "quantity": row.units,
        "state": row.state,
        "due_at": iso(line.due_at),
        "refund": line.refund,
        "refund_fen": line.amount_fen,
        "decided_at": line.decided_at and iso(line.decided_at),
    }


def _state(now: datetime) -> Any:
    waits = and_(Order.state.in_(OPEN_STATES), units_left() > 0)
    return case(
        (PerishableLine.decision.is_not(None), PerishableLine.decision),
        (and_(waits, PerishableLine.due_at <= now), "due"),
        (waits, "warned"),
        else_="gone",
    )
