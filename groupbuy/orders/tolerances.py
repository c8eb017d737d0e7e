"""How many units more residents take if that fills a case, and what was made of it at the close."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, table_of
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.filling import Willing
from groupbuy.orders.models import LineTolerance, Order, OrderLine
from groupbuy.orders.shortening import lock_orders_by_id

TOLERANCE = table_of(LineTolerance)


def allow(*, line_id: int, units: int, now: datetime) -> None:
    """Note how many units more a resident takes of a line; 0 is none."""
    if not units:
        db.session.execute(delete(LineTolerance).where(LineTolerance.order_line_id == line_id))
        return
    row = insert_into(LineTolerance).values(order_line_id=line_id, units=units, at=now)
    changed = {"units": row.excluded.units, "at": row.excluded.at}
    db.session.execute(row.on_conflict_do_update(index_elements=["order_line_id"], set_=changed))


def keep_within_limits(order_id: int) -> None:
    """Lower the tolerances of an order whose lines were changed to what their offers let one buyer have."""
    room = Offer.per_buyer_limit - OrderLine.quantity
    above = (
        select(LineTolerance, room)
        .join(OrderLine, OrderLine.id == LineTolerance.order_line_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(OrderLine.order_id == order_id, LineTolerance.units > room)
    )
    for row, most in db.session.execute(above).all():
        allow(line_id=row.order_line_id, units=max(most or 0, 0), now=row.at)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a line's resident takes more if it fills a case, and what the close gave of it, in sale units."""

    units: int
    given: int


def tolerances_of(order_ids: Collection[int]) -> dict[int, Tolerance]:
    """Return by line what was named; lines without are left out."""
    rows = (
        select(LineTolerance.order_line_id, LineTolerance.units, LineTolerance.given)
        .join(OrderLine, OrderLine.id == LineTolerance.order_line_id)
        .where(OrderLine.order_id.in_(order_ids))
    )
    return {line_id: Tolerance(*rest) for line_id, *rest in db.session.execute(rows)}


def lock_willing(round_id: int) -> None:
    """Lock the orders of a round whose residents take more of something."""
    named = select(OrderLine.order_id).join(LineTolerance, LineTolerance.order_line_id == OrderLine.id)
    mine = named.join(Order, Order.id == OrderLine.order_id).where(Order.round_id == round_id)
    lock_orders_by_id(db.session.scalars(mine))


def willing(round_id: int) -> dict[int, list[Willing]]:
    """Return by offer who takes more of a round's goods that are to be delivered."""
    rows = _live(round_id).add_columns(
        OrderLine.offer_id, OrderLine.id, Order.resident_id, Order.placed_at, LineTolerance.units
    )
    found: dict[int, list[Willing]] = {}
    for offer_id, *rest in db.session.execute(rows.order_by(OrderLine.offer_id, OrderLine.id)):
        found.setdefault(offer_id, []).append(Willing(*rest))
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """What an order took more of a product: sale units, and fen for them."""

    order_id: int
    number: str
    resident_id: int
    offer_id: int
    name: str
    units: int
    amount_fen: int


def give(given: Mapping[int, int], *, round_id: int) -> Sequence[Taken]:
    """Let lines of locked orders of a round that closes take units more, by line id, at their own price.

    A round closes once, so it gives once.
    """
    rows = [{"line": line_id, "more": units} for line_id, units in sorted(given.items())]
    noted = TOLERANCE.update().where(TOLERANCE.c.order_line_id == bindparam("line"))
    for part in chunks(rows, KEYS):
        db.session.execute(noted.values(given=bindparam("more")), part)
    _raise_lines(round_id)
    _raise_orders(round_id)
    return _taken_in(round_id)


def _taken_in(round_id: int) -> Sequence[Taken]:
    """Return what the orders of a round took more when it closed, by order."""
    rows = _live(round_id).add_columns(
        Order.id,
        Order.number,
        Order.resident_id,
        OrderLine.offer_id,
        OfferVersion.name,
        LineTolerance.given,
        LineTolerance.given * OrderLine.price_fen,
    )
    named = rows.join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
    mine = named.where(LineTolerance.given > 0).order_by(Order.id, OrderLine.id)
    return [Taken(*row) for row in db.session.execute(mine)]


def given_in(round_id: int) -> dict[int, int]:
    """Return by offer what the close of a round gave."""
    rows = _live(round_id).add_columns(OrderLine.offer_id, total(LineTolerance.given))
    return by_key(rows.group_by(OrderLine.offer_id))


def _live(round_id: int) -> Select[*tuple[Any, ...]]:
    return live_lines(round_id).join(LineTolerance, LineTolerance.order_line_id == OrderLine.id)


def _raise_lines(round_id: int) -> None:
    quantity = OrderLine.quantity + LineTolerance.given
    db.session.execute(
        update(OrderLine)
        .where(OrderLine.id == LineTolerance.order_line_id, LineTolerance.given > 0)
        .where(OrderLine.order_id.in_(select(Order.id).where(Order.round_id == round_id)))
        .values(quantity=quantity, amount_fen=quantity * OrderLine.price_fen)
        .execution_options(synchronize_session=False)
    )


def _raise_orders(round_id: int) -> None:
    more = (
        select(OrderLine.order_id, total(LineTolerance.given * OrderLine.price_fen).label("amount_fen"))
        .join(LineTolerance, LineTolerance.order_line_id == OrderLine.id)
        .where(LineTolerance.given > 0)
        .where(OrderLine.order_id.in_(select(Order.id).where(Order.round_id == round_id)))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    db.session.execute(
        update(Order)
        .where(Order.id == more.c.order_id)
        .values(amount_fen=Order.amount_fen + more.c.amount_fen, version=Order.version + 1)
        .execution_options(synchronize_session=False)
    )
