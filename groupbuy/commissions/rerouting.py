"""Commission of goods that another leader hands out: from the one to the other, to the fen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, literal, null, select

from groupbuy.commissions.bulk import REROUTED
from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.db.totals import total
from groupbuy.kernel.money import BASIS
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import as_closed


def move_shares(*, order_ids: Sequence[int], old: int, new: int, now: datetime) -> None:
    """Book what orders give as at their close, and what was booked for their lines since, to another leader.

    For each row one the other way for the leader ``old`` and one for ``new``. The rates agreed stay, so that
    both together earn what the one would have earned.
    """
    for part in chunks(sorted(order_ids), KEYS):
        moved = [*db.session.execute(_at_close(part)), *db.session.execute(_since(part, old))]
        rows = [
            {
                "round_id": round_id,
                "leader_id": leader_id,
                "order_line_id": line_id,
                "kind": kind,
                "base_fen": sign * base_fen,
                "amount_fen": sign * amount_fen,
                "created_at": now,
            }
            for leader_id, sign in ((old, -1), (new, 1))
            for round_id, line_id, kind, base_fen, amount_fen in moved
            if base_fen or amount_fen
        ]
        if rows:
            db.session.execute(insert(CommissionEntry), rows)


def _at_close(order_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    lines, units, amount = as_closed(order_ids)
    share = (amount * OrderLine.rate_bp + BASIS // 2) // BASIS + OrderLine.fixed_fen * units
    sums = (Order.round_id, null(), literal(REROUTED), total(amount), total(share))
    return lines.add_columns(*sums).group_by(Order.round_id).order_by(Order.round_id)


def _since(order_ids: Sequence[int], leader_id: int) -> Select[*tuple[Any, ...]]:
    entry = CommissionEntry
    sums = (total(entry.base_fen), total(entry.amount_fen))
    return (
        select(entry.round_id, entry.order_line_id, entry.kind, *sums)
        .join(OrderLine, OrderLine.id == entry.order_line_id)
        .where(OrderLine.order_id.in_(order_ids), entry.leader_id == leader_id)
        .group_by(entry.round_id, entry.order_line_id, entry.kind)
        .order_by(entry.order_line_id)
    )
