"""What residents want in the place of what is short, and what came in its place."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.orm import aliased

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.bulk import select_in
from groupbuy.db.totals import total
from groupbuy.db.upserts import insert_into
from groupbuy.orders.models import LineChange, LineSubstitute, Order, OrderLine, Substitution
from groupbuy.orders.rules import Swap
from groupbuy.orders.service import LineToRecord
from groupbuy.orders.shortening import is_of_substitutes


def name_substitute(*, line_id: int, offer_id: int | None, now: datetime) -> None:
    """Note what a resident wants in the place of a line; no offer is the money back."""
    row = insert_into(LineSubstitute).values(order_line_id=line_id, offer_id=offer_id, at=now)
    chosen = row.on_conflict_do_update(
        index_elements=["order_line_id"], set_={"offer_id": row.excluded.offer_id, "at": row.excluded.at}
    )
    db.session.execute(chosen)


def forget_substitute(line_id: int) -> None:
    """Leave it to the operator again."""
    db.session.execute(delete(LineSubstitute).where(LineSubstitute.order_line_id == line_id))


def named_for(line_ids: Collection[int]) -> Mapping[int, int | None]:
    """Return by line the offer that its resident named, None for the money back; others are left out."""
    rows = select(LineSubstitute.order_line_id, LineSubstitute.offer_id)
    return {row[0]: row[1] for row in select_in(rows, LineSubstitute.order_line_id, line_ids)}


class HeldLine(NamedTuple):
    """A line that an order has of an offer: its id and fen per unit."""

    line_id: int
    price_fen: int


def held_lines(order_ids: Collection[int], offer_ids: Collection[int]) -> Mapping[tuple[int, int], HeldLine]:
    """Return the lines of orders of some offers, by order and offer."""
    found: dict[tuple[int, int], HeldLine] = {}
    rows = select(OrderLine.order_id, OrderLine.offer_id, OrderLine.id, OrderLine.price_fen)
    mine = rows.where(OrderLine.offer_id.in_(offer_ids))
    for order_id, offer_id, *held in select_in(mine, OrderLine.order_id, order_ids):
        found[order_id, offer_id] = HeldLine(*held)
    return found


def add_empty_line(*, order_id: int, line: LineToRecord) -> int:
    """Add a line of no units, which a change then fills; return its id."""
    values = {
        "order_id": order_id,
        "offer_id": line.offer_id,
        "offer_version_id": line.offer_version_id,
        "quantity": 0,
        "price_fen": line.price_fen,
        "amount_fen": 0,
        "rate_bp": line.rate_bp,
        "fixed_fen": line.fixed_fen,
        "rule_id": line.rule_id,
    }
    return db.session.execute(insert(OrderLine).values(values).returning(OrderLine.id)).scalar_one()


def note_swaps(swaps: Sequence[tuple[Swap, int]], *, cause: str) -> None:
    """Write down which line's units came on which other line, given by id."""
    rows = [
        {
            "from_line_id": swap.line_id,
            "to_line_id": to_line_id,
            "units": swap.units,
            "amount_fen": swap.units * swap.price_fen,
            "own": swap.own,
            "cause": cause,
        }
        for swap, to_line_id in swaps
    ]
    if rows:
        db.session.execute(insert(Substitution), rows)


class Replaced(NamedTuple):
    """What came in the place of a line's units, as people read it."""

    line_id: int
    name: str
    units: int
    own: bool


def replaced_of(order_ids: Sequence[int]) -> dict[int, list[Replaced]]:
    """Return by line that lost something what came in its place."""
    other = aliased(OrderLine)
    rows = db.session.execute(
        select(Substitution.from_line_id, OfferVersion.name, Substitution.units, Substitution.own)
        .join(OrderLine, OrderLine.id == Substitution.from_line_id)
        .join(other, other.id == Substitution.to_line_id)
        .join(OfferVersion, OfferVersion.id == other.offer_version_id)
        .where(OrderLine.order_id.in_(order_ids))
        .order_by(Substitution.id)
    )
    found: dict[int, list[Replaced]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Replaced(*row))
    return found


class Gain(NamedTuple):
    """What a line still holds of goods that came in the place of others: sale units."""

    line_id: int
    product_id: int
    units: int
    quantity: int
    amount_fen: int


def gains_of(*, round_id: int, order_id: int | None = None) -> Sequence[Gain]:
    """Return the confirmed lines of a round, or of one order, that hold substitutes, by product."""
    gained = -total(LineChange.units)
    statement = (
        select(OrderLine.id, Offer.product_id, gained, OrderLine.quantity, OrderLine.amount_fen)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(LineChange, and_(LineChange.order_line_id == OrderLine.id, is_of_substitutes()))
        .where(Order.round_id == round_id, Order.state == "confirmed", OrderLine.quantity > 0)
        .group_by(OrderLine.id, Offer.product_id, OrderLine.quantity, OrderLine.amount_fen)
        .having(gained > 0)
        .order_by(Offer.product_id, OrderLine.id)
    )
    if order_id is not None:
        statement = statement.where(Order.id == order_id)
    return [Gain(*row) for row in db.session.execute(statement)]


def offer_codes(offer_ids: Collection[int]) -> dict[int, str]:
    """Return the product codes of offers."""
    rows = select(Offer.id, Product.code).join(Product, Product.id == Offer.product_id)
    return {row[0]: row[1] for row in db.session.execute(rows.where(Offer.id.in_(offer_ids)))}
