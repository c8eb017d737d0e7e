"""Lines that lose units after the close of their round: all of one decision at once, in SQL."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select, update

from groupbuy.audit import service as audit
from groupbuy.campaigns.models import Offer
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, insert_rows, table_of
from groupbuy.db.totals import total
from groupbuy.orders.bulk import is_live, live_lines
from groupbuy.orders.fees import goods_fen, taken_off
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState

SHORTAGE, REFUND = "shortage", "refund"
# A line costs what it weighs: no units go, and the fen may be more.
WEIGHT = "weight"
# What a line wins in the place of another that was short: below zero.
SUBSTITUTE = "substitute"
# Substitutes of orders that are cancelled whole go back into stock first.
GIVEN_BACK = "given_back"
# Given up by the resident because the goods are late; called off by the operator. Their goods go to stock.
DELAYED, CALLED_OFF = "delayed", "called_off"
# Every line was paid back after the sale.
REFUNDED = "refunded"
# Paid back before anybody had the goods: whoever else is short gets them, or the stock.
FREED = "freed"
# Why an order that counted at the close was cancelled later.
AFTER_CLOSE = (SHORTAGE, DELAYED, CALLED_OFF, REFUNDED)
CHANGE = table_of(LineChange)


class Loss(NamedTuple):
    """What a line loses: sale units and fen."""

    line_id: int
    units: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ShortenedOrder:
    """An order after some of its lines lost units: what it was and is worth, in fen, and where it stands."""

    order_id: int
    number: str
    resident_id: int
    before_fen: int
    amount_fen: int
    state: str


def counted_at_close() -> ColumnElement[bool]:
    """Return the condition that an order counted when its round closed; one may have lost all since."""
    return or_(is_live(), and_(Order.state == OrderState.CANCELLED, Order.cancel_reason.in_(AFTER_CLOSE)))


def is_freed() -> ColumnElement[bool]:
    """Return the condition that a change frees goods: nobody gets them, though they may come."""
    return or_(*(LineChange.cause.startswith(f"{why}:") for why in (DELAYED, CALLED_OFF, FREED)))


def is_used_up() -> ColumnElement[bool]:
    """Return the condition that a change pays goods back which somebody had, or which came back since."""
    return and_(LineChange.kind == REFUND, ~is_freed())


def is_shared_out() -> ColumnElement[bool]:
    """Return the condition that a change is a line's part of a shortage that was shared out."""
    return and_(LineChange.kind == SHORTAGE, LineChange.cause.startswith("allocation:"))


def is_missed() -> ColumnElement[bool]:
    """Return the condition that a change is of goods that a leader did not get (签收差异)."""
    return and_(LineChange.kind == SHORTAGE, LineChange.cause.startswith("leader_receipt:"))


def is_given_back() -> ColumnElement[bool]:
    """Return the condition that a change puts substitutes back into stock."""
    return LineChange.cause.startswith(f"{GIVEN_BACK}:")


def is_of_substitutes() -> ColumnElement[bool]:
    """Return the condition that a change is of goods in the place of others: won, or given back."""
    return or_(LineChange.kind == SUBSTITUTE, is_given_back())


def changes_by_line() -> Subquery:
    """Return what each line has lost after its round's close: ``line_id``, ``units`` and ``amount_fen``."""
    summed = select(
        LineChange.order_line_id.label("line_id"),
        total(LineChange.units).label("units"),
        total(LineChange.amount_fen).label("amount_fen"),
    )
    return summed.group_by(LineChange.order_line_id).subquery()


def as_closed(
    order_ids: Collection[int],
) -> tuple[Select[*tuple[Any, ...]], ColumnElement[int], ColumnElement[int]]:
    """Return the lines of orders as their round closed, to add columns to, with their units and fen then."""
    gone = changes_by_line()
    lines = (
        select()
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .outerjoin(gone, gone.c.line_id == OrderLine.id)
        .where(Order.id.in_(order_ids), Offer.state == "active")
    )
    units = OrderLine.quantity + func.coalesce(gone.c.units, 0)
    return lines, units, OrderLine.amount_fen + func.coalesce(gone.c.amount_fen, 0)


def everything(round_id: int) -> list[Loss]:
    """Return the whole of each line of a round that is to be delivered, by line id."""
    lines = live_lines(round_id).add_columns(OrderLine.id, OrderLine.quantity, OrderLine.amount_fen)
    return [Loss(*row) for row in db.session.execute(lines.order_by(OrderLine.id))]


def lock_orders_of_offers(offer_ids: Collection[int]) -> None:
    """Lock the confirmed orders that have lines of some offers, in the order of their keys."""
    for part in chunks(sorted(offer_ids), KEYS):
        theirs = select(OrderLine.order_id).where(OrderLine.offer_id.in_(part))
        db.session.execute(
            select(func.count()).select_from(
                select(Order.id)
                .where(Order.id.in_(theirs), Order.state == OrderState.CONFIRMED)
                .order_by(Order.id)
                .with_for_update()
                .subquery()
            )
        )


def lock_orders_by_id(order_ids: Iterable[int]) -> None:
    """Lock orders, whatever their state, in the order of their keys."""
    for part in chunks(sorted(set(order_ids)), KEYS):
        locked = select(Order.id).where(Order.id.in_(part)).order_by(Order.id).with_for_update()
        db.session.execute(select(func.count()).select_from(locked.subquery()))


def note_losses(
    losses: Iterable[Loss], *, cause: str, now: datetime, actor: str, kind: str = SHORTAGE
) -> int:
    """Write down what lines lose; ``cause`` must be new. Return how many lines there are."""
    columns = ("order_line_id", "kind", "units", "amount_fen", "cause", "at", "actor")
    rows = ((loss[0], kind, loss[1], loss[2], cause, now, actor) for loss in losses)
    return insert_rows(CHANGE, columns, rows)


def lower_lines(cause: str) -> None:
    """Bring the lines to what will be delivered."""
    db.session.execute(
        update(OrderLine)
        .where(OrderLine.id == LineChange.order_line_id, LineChange.cause == cause)
        .values(
            quantity=OrderLine.quantity - LineChange.units,
            amount_fen=OrderLine.amount_fen - LineChange.amount_fen,
        )
        .execution_options(synchronize_session=False)
    )


def lower_orders(*causes: str, now: datetime, reason: str = SHORTAGE) -> list[ShortenedOrder]:
    """Bring the orders to the sum of their lines; cancel those of which nothing is left.

    What was paid above the amount is owed back. An order of which nothing is left carries no fees either.
    """
    lost = _lost_by_order(causes).subquery()
    touched = update(Order).execution_options(synchronize_session=False)
    db.session.execute(
        touched.where(Order.id == lost.c.order_id).values(
            amount_fen=Order.amount_fen - lost.c.amount_fen, version=Order.version + 1
        )
    )
    left = (
        select(OrderLine.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id == Order.id, OrderLine.quantity > 0, Offer.state == "active")
        .exists()
    )
    # Few cost nothing any more, free gifts among them; only of those the lines are looked at.
    emptied = touched.where(Order.id.in_(select(lost.c.order_id)), goods_fen() == 0, ~left)
    db.session.execute(emptied.where(Order.fee_fen > 0).values(taken_off()))
    cancelled = emptied.where(Order.state == OrderState.CONFIRMED)
    db.session.execute(cancelled.values(state=OrderState.CANCELLED, cancelled_at=now, cancel_reason=reason))
    return _shortened(lost)


def _lost_by_order(causes: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    lines = select(OrderLine.order_id.label("order_id"), total(LineChange.amount_fen).label("amount_fen"))
    return (
        lines.join(LineChange, LineChange.order_line_id == OrderLine.id)
        .where(LineChange.cause.in_(causes))
        .group_by(OrderLine.order_id)
    )


def _shortened(lost: Subquery) -> list[ShortenedOrder]:
    rows = db.session.execute(
        select(
            Order.id,
            Order.number,
            Order.resident_id,
            Order.amount_fen + lost.c.amount_fen,
            Order.amount_fen,
            Order.state,
        )
        .join(lost, lost.c.order_id == Order.id)
        .order_by(Order.id)
    )
    return [ShortenedOrder(*row) for row in rows]


def log_orders(
    orders: Iterable[ShortenedOrder], *, now: datetime, actor: str, reason: str = SHORTAGE
) -> None:
    """Write down which orders were lowered or cancelled."""
    audit.record_many(
        (
            (
                _verb(order, reason),
                order.number,
                {"amount_fen": order.before_fen},
                {"amount_fen": order.amount_fen, "reason": reason},
            )
            for order in orders
        ),
        at=now,
        actor=actor,
        subject_kind="order",
    )


def _verb(order: ShortenedOrder, reason: str) -> str:
    if order.state == OrderState.CANCELLED:
        return "order_cancelled"
    return {WEIGHT: "order_weighed", REFUNDED: "order_refunded"}.get(reason, "order_shortened")
