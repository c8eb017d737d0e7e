"""Who wants what there is of a round's goods, line by line."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Select, cast, column, func, select, values

from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, one_of
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.warehouse.rules import Claim

OFFERS_AT_ONCE = 50


def claims_of(offer_ids: Sequence[int]) -> Iterator[tuple[int, Sequence[Claim]]]:
    """Yield purchased offers with the lines that can still lose units, in the order of the ids.

    Goods that were handed out are not taken back. At most OFFERS_AT_ONCE offers are in memory.
    """
    for some in chunks(sorted(offer_ids), OFFERS_AT_ONCE):
        lines = _open_lines(some).order_by(OrderLine.offer_id, OrderLine.id)
        for offer_id, group in groupby(db.session.execute(lines), key=lambda row: row[0]):
            yield offer_id, [Claim(*row[1:]) for row in group]


def late_claims_of(there: Mapping[int, int]) -> Iterator[tuple[int, Sequence[Claim], int]]:
    """Yield offers as ``claims_of``, but only with the lines that came too late to get all they want.

    ``there`` has the sale units of each. With the lines comes what is left for them.
    """
    for some in chunks(sorted(there.items()), KEYS):
        rows = db.session.execute(_late_lines(some))
        for offer_id, group in groupby(rows, key=lambda row: row[0]):
            late = list(group)
            claims = [Claim(*row[1:-1]) for row in late]
            served = min(row.upto - claim.units for row, claim in zip(late, claims, strict=True))
            yield offer_id, claims, there[offer_id] - served


def _late_lines(there: Sequence[tuple[int, int]]) -> Select[*tuple[Any, ...]]:
    in_turn = (Order.placed_at, OrderLine.id)
    upto = func.sum(OrderLine.quantity).over(partition_by=OrderLine.offer_id, order_by=in_turn)
    lines = _open_lines([offer_id for offer_id, _units in there])
    counted = lines.add_columns(cast(upto, BigInteger).label("upto")).subquery()
    names = (column("offer_id", BigInteger), column("units", BigInteger))
    enough = values(*names, name="enough").data(there).cte()
    late = select(counted).join(enough, enough.c.offer_id == counted.c.offer_id)
    return late.where(counted.c.upto > enough.c.units).order_by(counted.c.offer_id, counted.c.line_id)


def _open_lines(offer_ids: list[int]) -> Select[*tuple[Any, ...]]:
    # The round is left out: with it the embedded database looks for every offer in every order.
    return (
        select(
            OrderLine.offer_id,
            OrderLine.id.label("line_id"),
            Order.id.label("order_id"),
            Order.resident_id,
            Order.leader_id,
            Order.placed_at,
            OrderLine.quantity,
            OrderLine.price_fen,
            OrderLine.amount_fen,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(one_of(OrderLine.offer_id, offer_ids), OrderLine.quantity > 0)
        .where(Order.state == OrderState.CONFIRMED)
    )
