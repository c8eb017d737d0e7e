"""An order in one statement, for PostgreSQL in the evening rush.

Only an order that fits in every respect is placed this way. Whatever else it is, the statement changes
nothing; the long way in ``flows.ordering`` then says what is wrong. A property test holds that both ways
give the same orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from groupbuy.accounts.tokens import PROVED
from groupbuy.db.driver import Statement, rows_of
from groupbuy.kernel import ids
from groupbuy.kernel.errors import RunAgain
from groupbuy.kernel.repeats import Key
from groupbuy.orders.queries import LineView, OrderView

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class QuickOrder:
    """What is asked for: product codes and sale units in the same order."""

    round_name: str
    resident_id: int
    product_codes: Sequence[str]
    quantities: Sequence[int]
    now: datetime
    expires_at: datetime
    placed_by_id: int | None
    actor: str
    remark: str | None
    submission_key: str | None = None
    # The digest of the resident's token where nobody has looked yet whether it is good.
    proof: str | None = None
    # How many orders the resident may have placed within the hour, this one with them.
    most_an_hour: int | None = None
    # The client's key of this request, under which nothing may have been answered yet.
    key: Key | None = None


# The statement makes and stores the answer itself, so that an order with a key is one way there and back.
UNANSWERED = "NOT EXISTS (SELECT 1 FROM idempotency_key WHERE account_id = :account AND key = :key)"
# Orders that came at the same moment do not see each other here: somebody may get a few more that way.
FEW = """
(CAST(:most AS bigint) IS NULL OR CAST(:most AS bigint) > (
    SELECT COUNT(*) FROM "order"
    WHERE resident_id = :resident AND placed_by_id = :placed_by AND placed_at > :hour_ago))
"""
_ANSWERED = """, answered AS (
    INSERT INTO idempotency_key (account_id, key, fingerprint, status, body, created_at)
    SELECT :account, :key, :fingerprint, 201, CAST(({answer}) AS text), :now
    FROM placed CROSS JOIN head
    ON CONFLICT DO NOTHING
    RETURNING body
)
SELECT (SELECT body FROM answered)
WHERE (SELECT fits FROM verdict) AND 1 / (SELECT COUNT(*) FROM answered) = 1
"""
_PROVED = PROVED.format(role="resident", profile="s")
# The steps follow each other by what they read: stock is locked in the order of its keys and read as it is
# under the lock; only if every line fits it is taken, then the buyer's share, then the order is written.
# A statement that has taken anything and yet places nothing, because a parallel one came first, divides by 0.
# Each lateral join is a look-up by key, whatever the statistics make the planner believe.
BEATEN = "22012"
_PLACE = """
WITH wish AS (
    SELECT code, quantity, place
    FROM unnest((SELECT CAST(:codes AS text[])), (SELECT CAST(:quantities AS bigint[])))
         WITH ORDINALITY AS w (code, quantity, place)
), head AS (
    SELECT r.id AS round_id, r.name AS round_name, r.payment, r.closes_at, s.id AS resident_id,
           s.code AS resident_code, l.id AS leader_id, l.code AS leader_code, l.level_id
    FROM round r
    JOIN resident s ON s.id = :resident
    JOIN leader l ON l.state = 'active' AND l.bag_capacity IS NULL AND l.id = CASE
        WHEN r.opens_at < s.leader_since THEN COALESCE(s.former_leader_id, s.leader_id) ELSE s.leader_id END
    LEFT JOIN round_leader x ON x.round_id = r.id AND x.leader_id = l.id
    WHERE r.name = :round AND r.state IN ('scheduled', 'open')
      AND r.review_above_fen IS NULL AND (r.freight_fen IS NULL OR r.freight_shared)
      AND r.opens_at <= :now AND r.closes_at > :now AND COALESCE(x.takes_part, r.all_leaders)
      AND NOT EXISTS (SELECT 1 FROM "order" WHERE submission_key = :submission_key)
      AND (CAST(:proof AS text) IS NULL OR s.active AND EXISTS ({proved})) AND {unanswered}
      AND {few}
), line AS MATERIALIZED (
    SELECT w.place, w.code, w.quantity, f.id AS offer_id, v.id AS version_id, v.name,
           COALESCE(m.price_fen, v.price_fen) AS price_fen, f.per_buyer_limit,
           COALESCE(CAST(rate.rate ->> 'rate_bp' AS bigint), 0) AS rate_bp,
           COALESCE(CAST(rate.rate ->> 'fixed_fen' AS bigint), 0) AS fixed_fen, rate.id AS rule_id
    FROM wish w
    CROSS JOIN head h
    CROSS JOIN LATERAL (
        SELECT id, category_id FROM product WHERE code = w.code AND state = 'on_shelf' OFFSET 0
    ) p
    CROSS JOIN LATERAL (
        SELECT * FROM offer WHERE round_id = h.round_id AND product_id = p.id AND state = 'active' OFFSET 0
    ) f
    CROSS JOIN LATERAL (
        SELECT id, name, price_fen FROM offer_version WHERE offer_id = f.id AND number = f.version_no OFFSET 0
    ) v
    LEFT JOIN LATERAL (
        SELECT price_fen, offered FROM offer_leader WHERE offer_id = f.id AND leader_id = h.leader_id OFFSET 0
    ) m ON true
    LEFT JOIN LATERAL ({rate}) rate ON true
    WHERE COALESCE(m.offered, NOT f.leader_picks)
      AND w.quantity >= f.min_order_qty AND w.quantity % f.multiple = 0
      AND (f.per_buyer_limit IS NULL OR f.per_buyer_limit >= w.quantity + COALESCE((
          SELECT units FROM offer_buyer WHERE offer_id = f.id AND resident_id = h.resident_id), 0))
), stock AS MATERIALIZED (
    SELECT s.offer_id, s.sold, s.limit_units, s.sealed
    FROM offer_stock s
    WHERE s.offer_id IN (SELECT offer_id FROM line)
      AND (SELECT COUNT(*) FROM line) = :count
    ORDER BY s.offer_id
    FOR UPDATE
), verdict AS (
    SELECT COUNT(DISTINCT stock.offer_id) = :count AND bool_and(
        NOT stock.sealed AND (stock.limit_units IS NULL OR stock.sold + line.quantity <= stock.limit_units)
    ) AS fits
    FROM stock JOIN line ON line.offer_id = stock.offer_id
), taken AS (
    UPDATE offer_stock s SET sold = s.sold + line.quantity
    FROM line
    WHERE s.offer_id = line.offer_id AND (SELECT fits FROM verdict) AND NOT s.sealed
      AND (s.limit_units IS NULL OR s.sold + line.quantity <= s.limit_units)
    RETURNING s.offer_id
), share AS (
    INSERT INTO offer_buyer AS b (offer_id, resident_id, units)
    SELECT offer_id, resident_id, quantity
    FROM line CROSS JOIN head
    WHERE per_buyer_limit IS NOT NULL AND (SELECT COUNT(*) FROM taken) = :count
    ORDER BY offer_id
    ON CONFLICT (offer_id, resident_id) DO UPDATE SET units = b.units + excluded.units
    WHERE b.units + excluded.units <= (SELECT o.per_buyer_limit FROM offer o WHERE o.id = b.offer_id)
    RETURNING b.offer_id
), placed AS (
    INSERT INTO "order" (number, round_id, resident_id, leader_id, state, amount_fen, paid_fen,
                         pickup_code, remark, placed_at, placed_by_id, expires_at, submission_key, version)
    SELECT :number, round_id, resident_id, leader_id,
           CASE payment WHEN 'prepaid' THEN 'awaiting_payment' ELSE 'confirmed' END,
           (SELECT SUM(quantity * price_fen) FROM line), 0, :pickup_code, :remark, :now, :placed_by,
           CASE payment WHEN 'prepaid' THEN LEAST(:expires_at, closes_at) END, :submission_key, 1
    FROM head
    WHERE (SELECT COUNT(*) FROM taken) = :count
      AND (SELECT COUNT(*) FROM share) = (SELECT COUNT(*) FROM line WHERE per_buyer_limit IS NOT NULL)
    ON CONFLICT DO NOTHING
    RETURNING id, number, state, amount_fen, pickup_code, remark, placed_at, expires_at
), lines AS (
    INSERT INTO order_line (order_id, offer_id, offer_version_id, quantity, price_fen, amount_fen,
                            rate_bp, fixed_fen, rule_id)
    SELECT placed.id, offer_id, version_id, quantity, price_fen, quantity * price_fen,
           rate_bp, fixed_fen, rule_id
    FROM placed CROSS JOIN line
    ORDER BY place
), logged AS (
    INSERT INTO audit_entry (at, actor, verb, subject_kind, subject, after)
    SELECT :now, :actor, 'order_placed', 'order', :number,
           (SELECT json_build_object('state', placed.state, 'lines', json_object_agg(offer_id, quantity))
            FROM line)
    FROM placed
)"""
_SHOWN = """
SELECT placed.id, placed.state, placed.amount_fen, placed.expires_at, head.resident_code, head.leader_code,
       line.code, line.name, line.quantity, line.price_fen
FROM line CROSS JOIN head LEFT JOIN placed ON true
WHERE (SELECT fits FROM verdict) AND 1 / (SELECT COUNT(*) FROM placed) = 1
ORDER BY line.place
"""


def statement(rate_sql: str) -> Statement:
    """Return the statement; ``rate_sql`` selects id and rate of the rule for products p and heads h."""
    return Statement.of(_PLACE.format(rate=rate_sql, proved=_PROVED, unanswered="true", few=FEW) + _SHOWN)


def keyed_statement(rate_sql: str, answer: str) -> Statement:
    """Return the statement for orders with a key; ``answer`` makes JSON of head, placed and line."""
    placing = _PLACE.format(rate=rate_sql, proved=_PROVED, unanswered=UNANSWERED, few=FEW)
    return Statement.of(placing + _ANSWERED.format(answer=answer))


def place(order: QuickOrder, placing: Statement, *, last: bool = False) -> OrderView | None:
    """Place an order that fits; return None, and leave no trace, when it does not.

    ``last`` is for the only write of a transaction. Raise RunAgain when a parallel order took a buyer's
    share, or had the same submission key.
    """
    values = values_of(order)
    rows = _ask(placing, values, last=last)
    return _placed(order, values["number"], values["pickup_code"], rows) if rows else None


def place_keyed(order: QuickOrder, placing: Statement) -> str | None:
    """Place an order and store its answer under its key; return that as JSON text, None as ``place`` does.

    Nothing more need be written in this transaction. Raise RunAgain as ``place`` does, and where a parallel
    request with the same key has answered first.
    """
    rows = _ask(placing, values_of(order), last=True)
    return str(rows[0][0]) if rows else None


def values_of(order: QuickOrder) -> dict[str, Any]:
    """Return what an order gives for the names in the statement, with a fresh number and pickup code."""
    key = order.key or Key(0, "", "")
    return {
        "codes": list(order.product_codes),
        "quantities": list(order.quantities),
        "count": len(order.product_codes),
        "resident": order.resident_id,
        "round": order.round_name,
        "now": order.now,
        "expires_at": order.expires_at,
        "placed_by": order.placed_by_id,
        "actor": order.actor,
        "remark": order.remark,
        "submission_key": order.submission_key,
        "proof": order.proof,
        "number": ids.order_number(),
        "pickup_code": ids.pickup_code(),
        "account": key.account_id,
        "key": key.text,
        "most": order.most_an_hour,
        "hour_ago": order.now - HOUR,
        "fingerprint": key.fingerprint,
    }


def _ask(placing: Statement, values: dict[str, Any], *, last: bool) -> Sequence[tuple[Any, ...]]:
    try:
        return rows_of(placing, values, last=last)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == BEATEN:
            raise RunAgain from error
        raise


def _placed(order: QuickOrder, number: str, code: str, rows: Sequence[tuple[Any, ...]]) -> OrderView:
    order_id, state, amount_fen, expires_at, resident_code, leader_code = rows[0][:6]
    return OrderView(
        number=number,
        state=state,
        amount_fen=amount_fen,
        pickup_code=code,
        round_name=order.round_name,
        resident_code=resident_code,
        leader_code=leader_code,
        paid_fen=0,
        remark=order.remark,
        placed_at=order.now,
        expires_at=expires_at,
        cancel_reason=None,
        lines=tuple(
            LineView(order_id, product, name, quantity, price_fen, quantity * price_fen, True)
            for *_, product, name, quantity, price_fen in rows
        ),
    )
