"""The floor of an order: bare Flask views, one that does nothing and one that sells in one statement."""

import os

from flask import Flask, Response, request
from sqlalchemy import create_engine, text

app = Flask("floor")
engine = create_engine(os.environ["GROUPBUY_DATABASE_URL"], pool_size=10, max_overflow=10)
_SELL = text(
    """
    WITH sold AS (
        UPDATE floor_stock SET sold = sold + 1 WHERE id = :product AND sold < most RETURNING id
    )
    INSERT INTO floor_sale (product, body) SELECT id, :body FROM sold RETURNING id
    """
)


@app.post("/nothing")
def nothing() -> Response:
    """Answer at once."""
    return Response("{}", mimetype="application/json")


@app.post("/sell/<int:product>")
def sell(product: int) -> Response:
    """Take a unit of a product and store the sale, in one transaction of one statement."""
    with engine.begin() as connection:
        sale = connection.execute(
            _SELL, {"product": product, "body": request.get_data(as_text=True)}
        ).scalar()
    return Response(f'{{"sale": {sale}}}', mimetype="application/json", status=201)


def make_tables() -> None:
    """Make the floor's tables with three hundred products that never run out."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE floor_stock (id bigint PRIMARY KEY, sold bigint, most bigint)"))
        connection.execute(
            text("CREATE TABLE floor_sale (id bigserial PRIMARY KEY, product bigint, body text)")
        )
        connection.execute(
            text("INSERT INTO floor_stock SELECT n, 0, 1000000000 FROM generate_series(0, 299) n")
        )
