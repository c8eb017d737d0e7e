"""The floor of an order: bare Flask views, one that does nothing and others that only sell.

The first process to start makes the tables; ``groupbuy.orders.quick`` has the statement of the real thing.
"""

import json
import os
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import create_engine, event, text

from groupbuy.db.driver import Statement
from groupbuy.flows.taking import QUICK
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.quick import QuickOrder, values_of

app = Flask("floor")
engine = create_engine(os.environ["GROUPBUY_DATABASE_URL"], pool_size=10, max_overflow=10)
EMBEDDED = engine.dialect.name == "sqlite"
DBAPI: Any = engine.dialect.loaded_dbapi  # type: ignore[attr-defined] # The driver's module.
TABLES = (
    "CREATE TABLE floor_stock (id bigint PRIMARY KEY, sold bigint NOT NULL, most bigint NOT NULL)",
    "CREATE TABLE floor_sale (id {key}, body text NOT NULL)",
    "CREATE TABLE floor_line (sale bigint REFERENCES floor_sale, product bigint REFERENCES floor_stock)",
)
_SELL = Statement.of(
    """
    WITH stock AS MATERIALIZED (
        SELECT id FROM floor_stock WHERE id = ANY(CAST(:products AS bigint[])) ORDER BY id FOR UPDATE
    ), taken AS (
        UPDATE floor_stock s SET sold = sold + 1 FROM stock
        WHERE s.id = stock.id AND s.sold < s.most RETURNING s.id
    ), sale AS (
        INSERT INTO floor_sale (body) SELECT :body WHERE (SELECT COUNT(*) FROM taken) = :count RETURNING id
    )
    INSERT INTO floor_line (sale, product) SELECT sale.id, taken.id FROM sale CROSS JOIN taken RETURNING sale
    """
)


@app.post("/nothing")
def nothing() -> Response:
    """Answer at once."""
    return _answer({})


@app.post("/sell")
def sell() -> Response:
    """Take a unit of each of a few products and store the sale, in one transaction."""
    body = request.get_data(as_text=True)
    products = json.loads(body)
    if EMBEDDED:
        return _answer({"sale": _sell_embedded(products, body)})
    values = {"products": products, "body": body, "count": len(products)}
    return _answer({"sale": _ask(_SELL, values)[0][0]})


@app.post("/same")
def same() -> Response:
    """Place an order by the very statement that the platform uses, without anything around it."""
    order = _order(json.loads(request.get_data()))
    try:
        placed = _ask(QUICK, values_of(order))
    except DBAPI.errors.DivisionByZero:
        # Number or pickup code stood there already: as the platform does, once more with others.
        placed = _ask(QUICK, values_of(order))
    return _answer({"orders": len(placed)})


def _order(asked: dict[str, Any]) -> QuickOrder:
    now = utc_now()
    return QuickOrder(
        round_name=asked["round"],
        resident_id=asked["resident"],
        product_codes=asked["products"],
        quantities=[1] * len(asked["products"]),
        now=now,
        expires_at=now,
        placed_by_id=None,
        actor="floor",
        remark=None,
    )


def _answer(value: object) -> Response:
    return Response(json.dumps(value), mimetype="application/json", status=201)


def _ask(statement: Statement, values: dict[str, Any]) -> list[Any]:
    """Run a statement in a transaction of its own, by the driver itself."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with DBAPI.RawCursor(driver) as cursor:
            cursor.execute(statement.text, [values[name] for name in statement.names])
            rows: list[Any] = cursor.fetchall()
        driver.commit()
    return rows


def _sell_embedded(products: list[int], body: str) -> int:
    """Do the same on the embedded database, which has no such statement, by a few of its own driver."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for product in sorted(products):
            cursor.execute("UPDATE floor_stock SET sold = sold + 1 WHERE id = ? AND sold < most", (product,))
            assert cursor.rowcount == 1
        cursor.execute("INSERT INTO floor_sale (body) VALUES (?)", (body,))
        sale = int(cursor.lastrowid or 0)
        for product in products:
            cursor.execute("INSERT INTO floor_line VALUES (?, ?)", (sale, product))
        cursor.execute("COMMIT")
        return sale
    finally:
        raw.close()


if EMBEDDED:

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")


def make_tables() -> None:
    """Make the floor's tables with three hundred products that never run out."""
    key = "integer PRIMARY KEY" if EMBEDDED else "bigserial PRIMARY KEY"
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(table.format(key=key)))
        rows = [{"id": number} for number in range(300)]
        connection.execute(text("INSERT INTO floor_stock VALUES (:id, 0, 1000000000)"), rows)
