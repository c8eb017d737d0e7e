"""The floor of a close: the same rows by bare SQL into tables with the same constraints."""

import time

from sqlalchemy import text

from groupbuy.db import db
from groupbuy.db.transaction import transaction

_LIVE = """
    FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN offer f ON f.id = l.offer_id
    WHERE o.round_id = :round AND o.state IN ('confirmed', 'part_picked_up', 'picked_up')
      AND f.state = 'active'
"""
_TABLES = (
    """CREATE TABLE floor_demand (
        round_id BIGINT NOT NULL REFERENCES round (id), leader_id BIGINT NOT NULL REFERENCES leader (id),
        offer_id BIGINT NOT NULL REFERENCES offer (id), units BIGINT NOT NULL, amount_fen BIGINT NOT NULL,
        PRIMARY KEY (round_id, leader_id, offer_id))""",
    """CREATE TABLE floor_purchase (
        offer_id BIGINT PRIMARY KEY REFERENCES offer (id), ordered BIGINT NOT NULL, cases BIGINT NOT NULL,
        purchased BIGINT NOT NULL, amount_fen BIGINT NOT NULL)""",
    """CREATE TABLE floor_commission (
        round_id BIGINT NOT NULL REFERENCES round (id), leader_id BIGINT NOT NULL REFERENCES leader (id),
        base_fen BIGINT NOT NULL, amount_fen BIGINT NOT NULL, PRIMARY KEY (round_id, leader_id))""",
)
_DEMAND = f"""INSERT INTO floor_demand
    SELECT :round, o.leader_id, l.offer_id, SUM(l.quantity), SUM(l.amount_fen) {_LIVE}
    GROUP BY o.leader_id, l.offer_id"""
_PURCHASE = """INSERT INTO floor_purchase
    SELECT d.offer_id, d.units, (d.units + v.case_size - 1) / v.case_size,
           (d.units + v.case_size - 1) / v.case_size * v.case_size,
           (d.units + v.case_size - 1) / v.case_size * v.case_size * v.cost_fen
    FROM (SELECT offer_id, CAST(SUM(units) AS BIGINT) AS units FROM floor_demand GROUP BY offer_id) d
    JOIN offer_version v ON v.offer_id = d.offer_id"""
_COMMISSION = f"""INSERT INTO floor_commission
    SELECT :round, o.leader_id, SUM(l.amount_fen), SUM((l.amount_fen * l.rate_bp + 5000) / 10000) {_LIVE}
    GROUP BY o.leader_id"""


def measure(round_id: int) -> tuple[float, float]:
    """Return the seconds of demand and purchases together, and of commissions, each committed."""
    with transaction():
        for statement in _TABLES:
            db.session.execute(text(statement))
    close = _seconds([_DEMAND, _PURCHASE], round_id)
    return close, _seconds([_COMMISSION], round_id)


def _seconds(statements: list[str], round_id: int) -> float:
    begin = time.perf_counter()
    with transaction():
        for statement in statements:
            names = {"round": round_id} if ":round" in statement else {}
            db.session.execute(text(statement), names)
    return time.perf_counter() - begin
