"""What nobody has fetched: how much of a line is left, what is kept aside, what may be disposed of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select

from groupbuy.campaigns.models import OfferVersion
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.models import Order, OrderLine
from groupbuy.pickup.models import LinePickup, OrderAside, PerishableLine
from groupbuy.pickup.parts import OPEN_STATES

DISPOSED, LEFT = "disposed", "left"
# Residents hear so long before their goods may be disposed of, or at once where the rule is shorter.
WARNING = timedelta(hours=6)


def warning_time(hours: int) -> timedelta:
    """Return how long after goods have arrived their residents are warned."""
    return max(timedelta(hours=hours) - WARNING, timedelta())


def disposable_from(arrived_at: datetime, hours: int, warned_at: datetime) -> datetime:
    """Return when goods may be disposed of: never sooner after the warning than the rule promises."""
    rule = timedelta(hours=hours)
    return max(arrived_at + rule, warned_at + min(rule, WARNING))


def units_left() -> ColumnElement[int]:
    """Return the units of a line that are to be fetched: neither handed out nor disposed of.

    What was paid back when it was disposed of is not on the line any more.
    """
    handed = select(total(LinePickup.units)).where(LinePickup.order_line_id == OrderLine.id)
    return OrderLine.quantity - handed.correlate(OrderLine).scalar_subquery() - disposed_of()


def disposed_of() -> ColumnElement[int]:
    """Return the units of a line that were disposed of and stay paid for."""
    mine = (PerishableLine.order_line_id == OrderLine.id, PerishableLine.refund.is_(False))
    return select(total(PerishableLine.units)).where(*mine).correlate(OrderLine).scalar_subquery()


def is_aside(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an order is kept aside for its resident."""
    return exists().where(OrderAside.order_id == Order.id, OrderAside.until > now)


def is_undecided() -> ColumnElement[bool]:
    """Return the condition that perishables of an order wait for their resident or the leader's decision."""
    return exists(
        select(PerishableLine.order_line_id)
        .join(OrderLine, OrderLine.id == PerishableLine.order_line_id)
        .where(OrderLine.order_id == Order.id, PerishableLine.decision.is_(None), units_left() > 0)
        .correlate(Order)
    )


@dataclass(frozen=True, slots=True)
class Perishable:
    """A line of perishables: what of it is left, or was disposed of, and what the resident was told."""

    row: PerishableLine
    order_id: int
    name: str
    left: int

    @property
    def waits(self) -> bool:
        """Tell whether there is something of it that nobody has decided about."""
        return self.row.decision is None and self.left > 0


def perishables_of(order_ids: Collection[int]) -> Mapping[int, Sequence[Perishable]]:
    """Return by order the lines whose residents were warned, in one query."""
    rows = db.session.execute(
        select(PerishableLine, OrderLine.order_id, OfferVersion.name, units_left())
        .join(OrderLine, OrderLine.id == PerishableLine.order_line_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(OrderLine.order_id.in_(order_ids))
        .order_by(OrderLine.id)
    )
    found: dict[int, list[Perishable]] = {}
    for row in rows:
        found.setdefault(row[1], []).append(Perishable(*row))
    return found


def asides_of(order_ids: Collection[int]) -> Mapping[int, OrderAside]:
    """Return by order until when it is kept aside, or was."""
    rows = db.session.scalars(select(OrderAside).where(OrderAside.order_id.in_(order_ids)))
    return {row.order_id: row for row in rows}


def to_decide(leader_ids: Collection[int] | None, now: datetime) -> Select[Order]:
    """Return the query of open orders with perishables that may be disposed of, None for all leaders."""
    due = exists(
        select(PerishableLine.order_line_id)
        .join(OrderLine, OrderLine.id == PerishableLine.order_line_id)
        .where(OrderLine.order_id == Order.id, PerishableLine.decision.is_(None))
        .where(PerishableLine.due_at <= now, units_left() > 0)
        .correlate(Order)
    )
    orders = select(Order).where(Order.state.in_(OPEN_STATES), due).order_by(Order.id)
    return orders if leader_ids is None else orders.where(Order.leader_id.in_(leader_ids))


def count_undecided(leader_ids: Collection[int], now: datetime) -> int:
    """Count the orders of leaders with perishables that may be disposed of."""
    due = to_decide(leader_ids, now).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(due)) or 0


def kept_aside(leader_ids: Collection[int], now: datetime) -> Select[Order]:
    """Return the query of open orders of leaders that are kept aside, the earliest day first."""
    return (
        select(Order)
        .join(OrderAside, OrderAside.order_id == Order.id)
        .where(Order.leader_id.in_(leader_ids), Order.state.in_(OPEN_STATES), OrderAside.until > now)
        .order_by(OrderAside.until, Order.id)
    )
