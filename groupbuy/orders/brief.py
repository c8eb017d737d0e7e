"""An order in a few statements, for the embedded database, where one order at a time is written.

The caller holds the write lock, so what one look finds is true until the commit: nothing is taken that
would have to be given back. As in ``orders.quick`` only an order that fits in every respect is placed this
way, and the same property test holds it to the long way in ``flows.ordering``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from groupbuy.accounts.tokens import PROVED
from groupbuy.db.driver import driver, moment_of, stored, told_as_usual
from groupbuy.kernel import ids
from groupbuy.orders.queries import LineView, OrderView
from groupbuy.orders.quick import FEW, HOUR, UNANSWERED, QuickOrder

# A row for each line that fits; the joins go from key to key in the order in which they stand.
_LOOK = """
SELECT w.key AS place, p.code, v.name, json_extract(w.value, '$[1]') AS quantity,
       COALESCE(m.price_fen, v.price_fen) AS price_fen, f.id AS offer_id, v.id AS version_id,
       f.per_buyer_limit IS NOT NULL AS shared, COALESCE(json_extract(c.rate, '$.rate_bp'), 0) AS rate_bp,
       COALESCE(json_extract(c.rate, '$.fixed_fen'), 0) AS fixed_fen, c.id AS rule_id,
       r.id AS round_id, r.payment, r.closes_at, h.id AS resident_id, h.code AS resident_code,
       l.id AS leader_id, l.code AS leader_code
FROM round r
CROSS JOIN resident h ON h.id = :resident
CROSS JOIN leader l ON l.state = 'active' AND l.bag_capacity IS NULL AND l.id = CASE
    WHEN r.opens_at < h.leader_since THEN COALESCE(h.former_leader_id, h.leader_id) ELSE h.leader_id END
LEFT JOIN round_leader x ON x.round_id = r.id AND x.leader_id = l.id
CROSS JOIN json_each(:wishes) w
CROSS JOIN product p ON p.code = json_extract(w.value, '$[0]') AND p.state = 'on_shelf'
CROSS JOIN offer f ON f.round_id = r.id AND f.product_id = p.id AND f.state = 'active'
CROSS JOIN offer_version v ON v.offer_id = f.id AND v.number = f.version_no
CROSS JOIN offer_stock s ON s.offer_id = f.id
LEFT JOIN offer_leader m ON m.offer_id = f.id AND m.leader_id = l.id
LEFT JOIN offer_buyer b ON b.offer_id = f.id AND b.resident_id = h.id
LEFT JOIN commission_rule c ON c.id = ({rule})
WHERE r.name = :round AND r.state IN ('scheduled', 'open') AND r.review_above_fen IS NULL
  AND (r.freight_fen IS NULL OR r.freight_shared)
  AND r.opens_at <= :now AND r.closes_at > :now
  AND COALESCE(x.takes_part, r.all_leaders) AND COALESCE(m.offered, NOT f.leader_picks)
  AND json_extract(w.value, '$[1]') >= f.min_order_qty AND json_extract(w.value, '$[1]') % f.multiple = 0
  AND (f.per_buyer_limit IS NULL
       OR f.per_buyer_limit >= json_extract(w.value, '$[1]') + COALESCE(b.units, 0))
  AND (:proof IS NULL OR h.active AND EXISTS ({proved})) AND (:key IS NULL OR {unanswered})
  AND {few}
  AND NOT s.sealed AND (s.limit_units IS NULL OR s.sold + json_extract(w.value, '$[1]') <= s.limit_units)
"""
# A submission key, a number or a pickup code that is taken leaves no row, and nothing else is written then.
_PLACE = """
INSERT INTO "order" (number, round_id, resident_id, leader_id, state, amount_fen, paid_fen, pickup_code,
                     remark, placed_at, placed_by_id, expires_at, submission_key, version)
VALUES (:number, :round_id, :resident_id, :leader_id, :state, :amount_fen, 0, :pickup_code,
        :remark, :placed_at, :placed_by, :expires_at, :submission_key, 1)
ON CONFLICT DO NOTHING
"""
_TAKE = "UPDATE offer_stock SET sold = sold + :quantity WHERE offer_id = :offer_id"
_SHARE = """
INSERT INTO offer_buyer (offer_id, resident_id, units) VALUES (:offer_id, :resident_id, :quantity)
ON CONFLICT (offer_id, resident_id) DO UPDATE SET units = units + excluded.units
"""
_LINE = """
INSERT INTO order_line (order_id, offer_id, offer_version_id, quantity, price_fen, amount_fen, rate_bp,
                        fixed_fen, rule_id)
VALUES (:order_id, :offer_id, :version_id, :quantity, :price_fen, :quantity * :price_fen, :rate_bp,
        :fixed_fen, :rule_id)
"""
_LOG = """
INSERT INTO audit_entry (at, actor, verb, subject_kind, subject, after)
VALUES (:at, :actor, 'order_placed', 'order', :number, :after)
"""

Row = dict[str, Any]


def statement(rule_sql: str) -> str:
    """Return the look; ``rule_sql`` selects the id of the rule for products p and leaders l."""
    proved = PROVED.format(role="resident", profile="h")
    return _LOOK.format(rule=rule_sql, proved=proved, unanswered=UNANSWERED, few=FEW)


def place(order: QuickOrder, looking: str) -> OrderView | None:
    """Place an order that fits; return None, and leave no trace, when it does not."""
    wishes = list(zip(order.product_codes, order.quantities, strict=True))
    asked = {
        "resident": order.resident_id,
        "round": order.round_name,
        "now": stored(order.now),
        "proof": order.proof,
        "account": order.key and order.key.account_id,
        "key": order.key and order.key.text,
        "most": order.most_an_hour,
        "hour_ago": stored(order.now - HOUR),
        "placed_by": order.placed_by_id,
        "wishes": json.dumps(wishes),
    }
    with told_as_usual("an order"):
        cursor = driver().execute(looking, asked)
        names = [column[0] for column in cursor.description]
        lines = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        if len({line["offer_id"] for line in lines}) != len(wishes) or len(lines) != len(wishes):
            return None
        lines.sort(key=itemgetter("place"))
        head = _head(order, lines)
        order_id = _write(order, head, lines)
    return None if order_id is None else _view(order, head, order_id, lines)


def _head(order: QuickOrder, lines: Sequence[Row]) -> Row:
    """Return what is stored of the order itself; all lines name the same round, resident and leader."""
    first = lines[0]
    awaiting = first["payment"] == "prepaid"
    return {
        "number": ids.order_number(),
        "pickup_code": ids.pickup_code(),
        "state": "awaiting_payment" if awaiting else "confirmed",
        "amount_fen": sum(line["quantity"] * line["price_fen"] for line in lines),
        "remark": order.remark,
        "placed_at": stored(order.now),
        "placed_by": order.placed_by_id,
        "expires_at": min(stored(order.expires_at), first["closes_at"]) if awaiting else None,
        "submission_key": order.submission_key,
        **{name: first[name] for name in ("round_id", "resident_id", "leader_id")},
    }


def _write(order: QuickOrder, head: Row, lines: Sequence[Row]) -> int | None:
    connection = driver()
    cursor = connection.execute(_PLACE, head)
    if cursor.rowcount != 1:
        return None
    order_id = int(cursor.lastrowid)
    connection.executemany(_TAKE, lines)
    connection.executemany(_SHARE, [line for line in lines if line["shared"]])
    connection.executemany(_LINE, [line | {"order_id": order_id} for line in lines])
    after = {"state": head["state"], "lines": {str(line["offer_id"]): line["quantity"] for line in lines}}
    entry = {"at": head["placed_at"], "actor": order.actor, "number": head["number"]}
    connection.execute(_LOG, entry | {"after": json.dumps(after)})
    return order_id


def _view(order: QuickOrder, head: Mapping[str, Any], order_id: int, lines: Sequence[Row]) -> OrderView:
    expires: datetime | None = moment_of(head["expires_at"]) if head["expires_at"] else None
    return OrderView(
        number=head["number"],
        state=head["state"],
        amount_fen=head["amount_fen"],
        pickup_code=head["pickup_code"],
        round_name=order.round_name,
        resident_code=lines[0]["resident_code"],
        leader_code=lines[0]["leader_code"],
        paid_fen=0,
        remark=order.remark,
        placed_at=order.now,
        expires_at=expires,
        cancel_reason=None,
        lines=tuple(_line(order_id, line) for line in lines),
    )


def _line(order_id: int, line: Row) -> LineView:
    quantity, price = line["quantity"], line["price_fen"]
    return LineView(order_id, line["code"], line["name"], quantity, price, quantity * price, True)
