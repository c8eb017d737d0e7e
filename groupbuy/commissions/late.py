"""Commission of an order that staff placed after the close: rated as at the close, booked beside it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from groupbuy.commissions.bulk import LATE, PENDING
from groupbuy.commissions.models import CommissionEntry, CommissionRule
from groupbuy.commissions.rules import Rate, agreed_commission, tier_rate
from groupbuy.db import db
from groupbuy.orders.service import LineToRecord


def with_rate_of_close(line: LineToRecord, round_id: int, leader_id: int) -> LineToRecord:
    """Give a line under tiers the rate of its leader's turnover at the close, which stays as it was."""
    rule = None if line.rule_id is None else db.session.get(CommissionRule, line.rule_id)
    tiers = Rate.from_json(rule.rate).tiers if rule else None
    if not tiers:
        return line
    base = select(CommissionEntry.base_fen).where(
        CommissionEntry.round_id == round_id,
        CommissionEntry.leader_id == leader_id,
        CommissionEntry.kind == PENDING,
    )
    return replace(line, rate_bp=tier_rate(tiers, db.session.scalar(base) or 0))


def book_late(*, round_id: int, leader_id: int, lines: Sequence[LineToRecord], now: datetime) -> None:
    """Book the lines' shares, each rounded by itself, in a row beside the pending one."""
    share = sum(
        agreed_commission(
            amount_fen=line.amount_fen, units=line.quantity, rate_bp=line.rate_bp, fixed_fen=line.fixed_fen
        )
        for line in lines
    )
    db.session.add(
        CommissionEntry(
            round_id=round_id,
            leader_id=leader_id,
            order_line_id=None,
            kind=LATE,
            base_fen=sum(line.amount_fen for line in lines),
            amount_fen=share,
            created_at=now,
        )
    )
    db.session.flush()
