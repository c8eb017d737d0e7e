"""What leaders earn beside their own commission, down to the lines; and what they order from themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from groupbuy.campaigns.models import OfferVersion, Round
from groupbuy.commissions.bulk import line_share
from groupbuy.commissions.extras import line_worth
from groupbuy.commissions.models import CommissionExtra
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import is_live, live_lines
from groupbuy.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """A line that an extra comes from: sale units, its amount and what it counts, in fen or units."""

    order_number: str
    goods: str
    units: int
    amount_fen: int
    worth: int


def extras_of(leader_id: int, *, before: int | None = None) -> Select[*tuple[Any, ...]]:
    """Return a selection of what a leader earns beside commission, with the round, the latest first.

    ``before`` is the id that a page ended with.
    """
    found = with_round().where(CommissionExtra.leader_id == leader_id)
    return found if before is None else found.where(CommissionExtra.id < before)


def with_round() -> Select[*tuple[Any, ...]]:
    """Return a selection of extras with their rounds and earners, the latest first."""
    return (
        select(CommissionExtra, Round, Leader)
        .join(Round, Round.id == CommissionExtra.round_id)
        .join(Leader, Leader.id == CommissionExtra.leader_id)
        .order_by(CommissionExtra.id.desc())
    )


def get_extra(extra_id: int, *, leader_id: int | None = None) -> CommissionExtra:
    """Return an extra; raise NotFound, also when it is another leader's."""
    row = db.session.get(CommissionExtra, extra_id)
    if row is None or (leader_id is not None and row.leader_id != leader_id):
        raise NotFound("unknown_extra", "There is no such reward or bonus.")
    return row


def lines_of(extra: CommissionExtra, *, page: int, size: int) -> tuple[Sequence[ExtraLine], int]:
    """Return a page of the lines that an extra comes from, by order; and how many there are."""
    lines = live_lines(extra.round_id).where(Order.leader_id == extra.seller_id)
    count = db.session.scalar(lines.add_columns(func.count(OrderLine.id))) or 0
    rows = db.session.execute(
        lines.add_columns(
            Order.number, OfferVersion.name, OrderLine.quantity, OrderLine.amount_fen, line_worth()
        )
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(CommissionExtra, CommissionExtra.id == extra.id)
        .order_by(OrderLine.order_id, OrderLine.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return [ExtraLine(*row) for row in rows], count


def worth_in_all(extra: CommissionExtra) -> int:
    """Return what an extra's lines count together, in fen or units."""
    lines = live_lines(extra.round_id).where(Order.leader_id == extra.seller_id)
    of_extra = lines.add_columns(total(line_worth())).join(CommissionExtra, CommissionExtra.id == extra.id)
    return db.session.scalar(of_extra) or 0


def own_orders() -> Select[*tuple[Any, ...]]:
    """Return a selection of live orders that a leader placed with itself, and their commission in fen."""
    earned = (
        select(total(line_share())).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()
    )
    same = or_(Resident.account_id == Leader.account_id, Resident.phone == Leader.phone)
    return (
        select(Order, Leader, Round, earned.label("commission_fen"))
        .join(Leader, Leader.id == Order.leader_id)
        .join(Resident, Resident.id == Order.resident_id)
        .join(Round, Round.id == Order.round_id)
        .where(same, is_live())
        .order_by(Order.id.desc())
    )
