"""The floor of a short day: first come, first served by window functions, written by bare SQL.

It lowers copies of the lines and orders and writes changes and commission rows under the same
constraints. The log, the notes to residents and the receipts are not in it.
"""

import time

from sqlalchemy import text

from groupbuy.db import db
from groupbuy.db.transaction import be_unhurried, transaction

_COPIES = (
    """CREATE TABLE floor_line (
        id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, offer_id BIGINT NOT NULL, quantity BIGINT NOT NULL
        CHECK (quantity >= 0), price_fen BIGINT NOT NULL, amount_fen BIGINT NOT NULL, rate_bp BIGINT NOT NULL,
        CHECK (amount_fen = quantity * price_fen))""",
    """INSERT INTO floor_line SELECT id, order_id, offer_id, quantity, price_fen, amount_fen, rate_bp
        FROM order_line""",
    "CREATE INDEX ix_floor_line_order ON floor_line (order_id)",
    "CREATE INDEX ix_floor_line_offer ON floor_line (offer_id)",
    """CREATE TABLE floor_order (id BIGINT PRIMARY KEY, leader_id BIGINT NOT NULL, placed_at TEXT NOT NULL,
        state TEXT NOT NULL, amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0))""",
    """INSERT INTO floor_order SELECT id, leader_id, CAST(placed_at AS TEXT), state, amount_fen
        FROM "order" WHERE round_id = :round AND state = 'confirmed'""",
    """CREATE TABLE floor_change (
        line_id BIGINT PRIMARY KEY REFERENCES order_line (id), units BIGINT NOT NULL CHECK (units > 0),
        amount_fen BIGINT NOT NULL)""",
    """CREATE TABLE floor_entry (
        round_id BIGINT NOT NULL REFERENCES round (id), leader_id BIGINT NOT NULL REFERENCES leader (id),
        line_id BIGINT NOT NULL REFERENCES order_line (id), base_fen BIGINT NOT NULL,
        amount_fen BIGINT NOT NULL)""",
)
_WORK = (
    """INSERT INTO floor_change
        SELECT id, quantity - got, (quantity - got) * price_fen FROM (
            SELECT l.id, l.quantity, l.price_fen,
                CASE WHEN upto <= there THEN quantity WHEN upto - quantity >= there THEN 0
                     ELSE there - (upto - quantity) END AS got
            FROM (SELECT f.id, f.offer_id, f.quantity, f.price_fen,
                    CAST(SUM(f.quantity) OVER (PARTITION BY f.offer_id ORDER BY o.placed_at, f.id)
                         AS BIGINT) AS upto
                  FROM floor_line f JOIN floor_order o ON o.id = f.order_id) l
            JOIN (SELECT offer_id, CAST(SUM(quantity) AS BIGINT) * :percent / 100 AS there
                  FROM floor_line GROUP BY offer_id) t ON t.offer_id = l.offer_id) s
        WHERE got < quantity""",
    """INSERT INTO floor_entry
        SELECT :round, o.leader_id, l.id, -c.amount_fen,
            ((l.amount_fen - c.amount_fen) * l.rate_bp + 5000) / 10000
                - (l.amount_fen * l.rate_bp + 5000) / 10000
        FROM floor_change c JOIN floor_line l ON l.id = c.line_id JOIN floor_order o ON o.id = l.order_id""",
    """UPDATE floor_line SET quantity = quantity - c.units, amount_fen = floor_line.amount_fen - c.amount_fen
        FROM floor_change c WHERE c.line_id = floor_line.id""",
    """UPDATE floor_order SET amount_fen = floor_order.amount_fen - s.lost
        FROM (SELECT l.order_id, SUM(c.amount_fen) AS lost FROM floor_change c
              JOIN floor_line l ON l.id = c.line_id GROUP BY l.order_id) s
        WHERE s.order_id = floor_order.id""",
    """UPDATE floor_order SET state = 'cancelled' WHERE id IN (
            SELECT l.order_id FROM floor_change c JOIN floor_line l ON l.id = c.line_id)
        AND NOT EXISTS (SELECT 1 FROM floor_line l WHERE l.order_id = floor_order.id AND l.quantity > 0)""",
)


def measure(round_id: int, percent: int) -> float:
    """Return the seconds of the work, committed; the copies are made before."""
    values = {"round": round_id, "percent": percent}
    _execute(_COPIES, values)
    begin = time.perf_counter()
    _execute(_WORK, values)
    return time.perf_counter() - begin


def _execute(statements: tuple[str, ...], values: dict[str, int]) -> None:
    with transaction():
        be_unhurried()
        for statement in statements:
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            db.session.execute(text(statement), names)
