"""The floor of a short day: first come, first served by window functions, written by bare SQL.

It lowers copies of the lines and orders and writes changes and commission rows: whole copies of the
tables, with every column, constraint, key and index that they have, which is what lowering a row costs.
The log, the notes to residents and the receipts are not in it.
"""

from sqlalchemy import MetaData, select, text

from benchmarks.processor import Meter, Spent
from groupbuy.db import Base, db
from groupbuy.db.transaction import transaction
from groupbuy.db.unhurried import be_unhurried

AT = "2026-11-22 22:00:00+00:00"
_WORK = (
    """INSERT INTO floor_line_change (order_line_id, kind, units, amount_fen, cause, at, actor)
        SELECT id, 'shortage', quantity - got, (quantity - got) * price_fen, 'allocation:0', :at, 'floor'
        FROM (
            SELECT l.id, l.quantity, l.price_fen,
                CASE WHEN upto <= there THEN quantity WHEN upto - quantity >= there THEN 0
                     ELSE there - (upto - quantity) END AS got
            FROM (SELECT f.id, f.offer_id, f.quantity, f.price_fen,
                    CAST(SUM(f.quantity) OVER (PARTITION BY f.offer_id ORDER BY o.placed_at, f.id)
                         AS BIGINT) AS upto
                  FROM floor_order_line f JOIN floor_order o ON o.id = f.order_id) l
            JOIN (SELECT offer_id, CAST(SUM(quantity) AS BIGINT) * :percent / 100 AS there
                  FROM floor_order_line GROUP BY offer_id) t ON t.offer_id = l.offer_id) s
        WHERE got < quantity""",
    """INSERT INTO floor_commission_entry
            (round_id, leader_id, order_line_id, kind, base_fen, amount_fen, created_at)
        SELECT :round, o.leader_id, l.id, 'change', -c.amount_fen,
            ((l.amount_fen - c.amount_fen) * l.rate_bp + 5000) / 10000
                - (l.amount_fen * l.rate_bp + 5000) / 10000, :at
        FROM floor_line_change c JOIN floor_order_line l ON l.id = c.order_line_id
        JOIN floor_order o ON o.id = l.order_id""",
    """UPDATE floor_order_line
        SET quantity = quantity - c.units, amount_fen = floor_order_line.amount_fen - c.amount_fen
        FROM floor_line_change c WHERE c.order_line_id = floor_order_line.id""",
    """UPDATE floor_order SET amount_fen = floor_order.amount_fen - s.lost
        FROM (SELECT l.order_id, SUM(c.amount_fen) AS lost FROM floor_line_change c
              JOIN floor_order_line l ON l.id = c.order_line_id GROUP BY l.order_id) s
        WHERE s.order_id = floor_order.id""",
    """UPDATE floor_order SET state = 'cancelled' WHERE id IN (
            SELECT l.order_id FROM floor_line_change c JOIN floor_order_line l ON l.id = c.order_line_id)
        AND NOT EXISTS (
            SELECT 1 FROM floor_order_line l WHERE l.order_id = floor_order.id AND l.quantity > 0)""",
)


def measure(round_id: int, percent: int, meter: Meter) -> Spent:
    """Return what the work took, committed; the copies are made before."""
    values = {"round": round_id, "percent": percent, "at": AT}
    with transaction():
        be_unhurried()
        _copy()
    begin = meter.now()
    with transaction():
        be_unhurried()
        for statement in _WORK:
            names = {name: value for name, value in values.items() if f":{name}" in statement}
            db.session.execute(text(statement), names)
    return meter.since(begin)


def _copy() -> None:
    """Make copies of the four tables as they are and fill the two that are lowered."""
    metadata = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    connection = db.session.connection()
    for name in ("order", "order_line", "line_change", "commission_entry"):
        copy = Base.metadata.tables[name].to_metadata(metadata, name=f"floor_{name}")
        for part in (*copy.indexes, *copy.constraints):
            part.name = f"floor_{part.name}" if part.name else None
        copy.create(connection)
        if name in ("order", "order_line"):
            connection.execute(copy.insert().from_select(list(copy.c.keys()), select(metadata.tables[name])))
    for name in ("order", "order_line") if connection.dialect.name == "postgresql" else ():
        connection.execute(text(f"ANALYZE floor_{name}"))
