"""A write with a key happened once: each key that was answered with a new order has that order to itself."""

import json
from collections.abc import Sequence

from sqlalchemy import column, select, table

from groupbuy.analytics.invariants_base import Check, Reckoned
from groupbuy.db import db
from groupbuy.db.bulk import select_in, table_of
from groupbuy.orders.models import Order

PLACED = 201
# The table belongs to the edges, which this storey must not import; it is only read here.
ANSWERS = table("idempotency_key", column("account_id"), column("key"), column("status"), column("body"))


def _check_answers() -> tuple[int, Sequence[str]]:
    """Compare the answers that are kept (for a week) with the orders that they name."""
    kept = select(ANSWERS.c.account_id, ANSWERS.c.key, ANSWERS.c.body)
    kept = kept.where(ANSWERS.c.status == PLACED, ANSWERS.c.body.like('%"order_no"%'))
    keys: dict[str, list[str]] = {}
    for account_id, key, body in db.session.execute(kept.execution_options(yield_per=1000)):
        keys.setdefault(str(json.loads(body)["order_no"]), []).append(f"{account_id}/{key}")
    orders = select_in(select(Order.number), table_of(Order).c.number, keys)
    known = {row[0] for row in orders}
    lost = [f"key {keys[number][0]}: order {number} is gone" for number in keys if number not in known]
    twice = [f"order {number}: keys {', '.join(those)}" for number, those in keys.items() if len(those) > 1]
    return len(keys), [*lost, *twice]


CHECKS: tuple[Check, ...] = (
    Reckoned("order_keys", "I6: every key that placed an order has one of its own", _check_answers),
)
