"""What a leader has earned, down to the order lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select

from groupbuy.campaigns.models import OfferVersion, Round
from groupbuy.commissions.bulk import LATE, PENDING, REROUTED, line_share
from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class EarnedRound:
    """What was booked for a leader in one round, in fen; ``change_fen`` came later, such as refunds."""

    name: str
    title: str
    pickup_date: date
    base_fen: int
    pending_fen: int
    change_fen: int

    @property
    def due_fen(self) -> int:
        """Return what it comes to now."""
        return self.pending_fen + self.change_fen


@dataclass(frozen=True, slots=True)
class EarnedLine:
    """One order line and its commission: sale units, fen, basis points, fen per unit."""

    order_number: str
    resident: str
    goods: str
    units: int
    amount_fen: int
    rate_bp: int
    fixed_fen: int
    commission_fen: int


def rounds_with_entries(leader_id: int) -> int:
    """Return in how many rounds something was booked for a leader."""
    rounds = select(func.count(CommissionEntry.round_id.distinct()))
    return db.session.scalar(rounds.where(CommissionEntry.leader_id == leader_id)) or 0


def booked_total(leader_id: int) -> int:
    """Return everything booked for a leader, in fen."""
    booked = select(total(CommissionEntry.amount_fen)).where(CommissionEntry.leader_id == leader_id)
    return db.session.scalar(booked) or 0


def earned_rounds(leader_id: int, *, page: int, size: int) -> Sequence[EarnedRound]:
    """Return a page of rounds in which something was booked, the latest cut-off first."""
    statement = _earned(leader_id).limit(size).offset((page - 1) * size)
    return [EarnedRound(*row) for row in db.session.execute(statement)]


def earned_round(leader_id: int, round_id: int) -> EarnedRound | None:
    """Return what was booked for a leader in a round, None before the close."""
    row = db.session.execute(_earned(leader_id).where(Round.id == round_id)).first()
    return None if row is None else EarnedRound(*row)


def _earned(leader_id: int) -> Select[*tuple[Any, ...]]:
    pending = CommissionEntry.kind.in_((PENDING, LATE, REROUTED))
    return (
        select(
            Round.name,
            Round.title,
            Round.pickup_date,
            total(case((pending, CommissionEntry.base_fen), else_=0)),
            total(case((pending, CommissionEntry.amount_fen), else_=0)),
            total(case((pending, 0), else_=CommissionEntry.amount_fen)),
        )
        .join(CommissionEntry, CommissionEntry.round_id == Round.id)
        .where(CommissionEntry.leader_id == leader_id)
        .group_by(Round.id, Round.name, Round.title, Round.pickup_date, Round.closes_at)
        .order_by(Round.closes_at.desc(), Round.id.desc())
    )


def earned_lines(leader_id: int, round_id: int, *, page: int, size: int) -> tuple[list[EarnedLine], int]:
    """Return a page of the lines that a leader earns on, by order; and how many there are."""
    lines = live_lines(round_id).where(Order.leader_id == leader_id)
    count = db.session.scalar(lines.add_columns(func.count(OrderLine.id))) or 0
    rows = db.session.execute(
        lines.add_columns(
            Order.number,
            Resident.name,
            OfferVersion.name,
            OrderLine.quantity,
            OrderLine.amount_fen,
            OrderLine.rate_bp,
            OrderLine.fixed_fen,
            line_share(),
        )
        .join(Resident, Resident.id == Order.resident_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .order_by(OrderLine.order_id, OrderLine.id)
        .limit(size)
        .offset((page - 1) * size)
    )
    return [EarnedLine(*row) for row in rows], count
