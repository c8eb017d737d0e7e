"""Writing orders. Stock and prices are settled before these are called."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from groupbuy.db import db
from groupbuy.db.submissions import first_of
from groupbuy.db.upserts import insert_into
from groupbuy.kernel import ids
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import fees as order_fees
from groupbuy.orders.models import LineSubstitute, LineTolerance, Order, OrderLine
from groupbuy.orders.rules import OrderState

CODE_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class LineToRecord:
    """A priced line: sale units, fen per unit, and the commission agreed."""

    offer_id: int
    offer_version_id: int
    quantity: int
    price_fen: int
    rate_bp: int
    fixed_fen: int
    rule_id: int | None

    @property
    def amount_fen(self) -> int:
        """Return what the line costs."""
        return self.quantity * self.price_fen


@dataclass(frozen=True, slots=True)
class OrderToRecord:
    """An order's head, as the flow has decided it."""

    round_id: int
    resident_id: int
    leader_id: int
    state: OrderState
    placed_at: datetime
    expires_at: datetime | None
    placed_by_id: int | None
    remark: str | None
    submission_key: str | None


def record(
    *, head: OrderToRecord, lines: Sequence[LineToRecord], fees: Mapping[str, int] | None = None
) -> Order:
    """Write an order with its lines, and its fees by kind, under a fresh number and pickup code."""
    fee = sum((fees or {}).values())
    amount = sum(line.amount_fen for line in lines) + fee
    values = asdict(head) | {"amount_fen": amount, "fee_fen": fee, "paid_fen": 0, "version": 1}
    order_id = insert_with_codes(values)
    db.session.execute(insert(OrderLine), [_line_values(order_id, line) for line in lines])
    order_fees.note(order_id, fees or {})
    return db.session.get_one(Order, order_id)


def insert_with_codes(values: dict[str, Any]) -> int:
    """Insert an order's head; a code that is taken at this pickup point is drawn again."""
    for _ in range(CODE_ATTEMPTS):
        drawn = {"number": ids.order_number(), "pickup_code": ids.pickup_code()}
        statement = insert_into(Order).values(**values, **drawn).on_conflict_do_nothing().returning(Order.id)
        order_id = db.session.execute(statement).scalar()
        if order_id is not None:
            return order_id
        if first_of(Order, values["submission_key"]) is not None:
            raise RuleBroken("already_placed", "This order has been placed already.")
    raise RuleBroken("no_code_free", "No pickup code is free at this pickup point; try again.")


def _line_values(order_id: int, line: LineToRecord) -> dict[str, Any]:
    return asdict(line) | {"order_id": order_id, "amount_fen": line.amount_fen}


def replace_lines(*, order: Order, quantities: dict[int, int], added: Sequence[LineToRecord]) -> None:
    """Give an order its new lines: kept ones keep their price, ``quantities`` is by offer id."""
    kept = {line.offer_id: line for line in order.lines}
    gone = [line.id for offer_id, line in kept.items() if offer_id not in quantities]
    if gone:
        db.session.execute(delete(LineSubstitute).where(LineSubstitute.order_line_id.in_(gone)))
        db.session.execute(delete(LineTolerance).where(LineTolerance.order_line_id.in_(gone)))
        db.session.execute(delete(OrderLine).where(OrderLine.id.in_(gone)))
    for offer_id in kept.keys() & quantities.keys():
        line = kept[offer_id]
        line.quantity, line.amount_fen = quantities[offer_id], quantities[offer_id] * line.price_fen
    db.session.flush()
    if added:
        db.session.execute(insert(OrderLine), [_line_values(order.id, line) for line in added])
    db.session.expire(order, ["lines"])
    order.amount_fen = sum(line.amount_fen for line in order.lines) + order.fee_fen
    order.version += 1
    db.session.flush()


def move(*, order: Order, old: Sequence[OrderState], new: OrderState, **values: Any) -> bool:
    """Move an order from one of the old states; False when somebody else has moved it first."""
    moved = db.session.execute(
        update(Order)
        .where(Order.id == order.id, Order.state.in_(old))
        .values(state=new, version=Order.version + 1, **values)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if moved is not None:
        db.session.refresh(order)
    return moved is not None
