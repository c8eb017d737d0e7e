"""What the fees of orders mean for the books: income of their own once the goods are handed out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, String, and_, bindparam, case, cast, literal, select, update

from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.finance import rules, service
from groupbuy.finance.models import Posting
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RunAgain
from groupbuy.orders.models import Order, OrderFee
from groupbuy.orders.rules import OrderState

CAUSE = "order_fee"
Ids = CompoundSelect[*tuple[Any, ...]]

# An order of which nothing is left has given its fees back.
EARNED = case((and_(Order.state == OrderState.PICKED_UP, Order.fee_fen > 0), OrderFee.amount_fen), else_=0)
# Of a fee the id of its postings' cause, and of such a posting what it brings to income.
KEY = cast(OrderFee.order_id, String) + literal(":") + OrderFee.kind
EARNED_BY = case((Posting.credit_account.like("income:%"), Posting.amount_fen), else_=-Posting.amount_fen)


@dataclass(frozen=True, slots=True)
class FeeDue:
    """What of a fee is earned, and how much of it is booked, in fen."""

    order_id: int
    kind: str
    resident_id: int
    earned_fen: int
    booked_fen: int
    version: int
    picked_up_at: datetime | None


def bring_up(ids: Ids, *, now: datetime) -> None:
    """Book what the fees of some orders have earned by now; raise RunAgain where somebody else has."""
    dues = _dues(ids)
    entries = [entry for one in dues for entry in _entries(one)]
    if service.post(entries, at=now, actor=SCHEDULER) != len(entries):
        raise RunAgain
    _store(dues)


def _dues(ids: Ids) -> Sequence[FeeDue]:
    rows = select(
        OrderFee.order_id,
        OrderFee.kind,
        Order.resident_id,
        EARNED,
        OrderFee.booked_fen,
        OrderFee.version,
        Order.picked_up_at,
    )
    chosen = rows.join(Order, Order.id == OrderFee.order_id).where(Order.id.in_(select(ids.subquery().c[0])))
    differing = chosen.where(OrderFee.booked_fen != EARNED).order_by(OrderFee.order_id, OrderFee.kind)
    return [FeeDue(*row) for row in db.session.execute(differing)]


def _entries(one: FeeDue) -> list[Entry]:
    moved = rules.move(
        rules.resident(one.resident_id),
        rules.fee_income(one.kind),
        one.earned_fen - one.booked_fen,
        cause_kind=CAUSE,
        cause_id=f"{one.order_id}:{one.kind}",
        part=str(one.version),
    )
    # What is earned first was earned when the goods were handed out, as the goods themselves are sold.
    return moved if one.version else [replace(entry, at=one.picked_up_at) for entry in moved]


def _store(dues: Sequence[FeeDue]) -> None:
    if not dues:
        return
    mine = (OrderFee.order_id == bindparam("of_order"), OrderFee.kind == bindparam("of_kind"))
    statement = (
        update(OrderFee).where(*mine).values(booked_fen=bindparam("fen"), version=OrderFee.version + 1)
    )
    rows = [{"of_order": one.order_id, "of_kind": one.kind, "fen": one.earned_fen} for one in dues]
    db.session.connection().execute(statement, rows)
