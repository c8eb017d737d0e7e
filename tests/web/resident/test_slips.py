"""What goes wrong while somebody orders: two tabs, goods off the shelf, a server that starts anew."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import func, select

from groupbuy.app.factory import create_app
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.orders.models import Order
from tests.building import NOW
from tests.support.applications import SeparateClient
from tests.web.shopping import Visitor, fields_of, open_shop

PHONE = "13812345678"


def count_of_orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def take_off_the_shelf(code: str) -> None:
    with transaction():
        product = db.session.scalars(select(Product).where(Product.code == code)).one()
        catalog.move_product(product=product, state="off_shelf", now=NOW, actor="test")


def test_a_cart_open_in_two_tabs_is_ordered_once(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    tabs = [fields_of(visitor.get("/cart")) | shop.quantities(P1=1) | {"go": "1"} for _ in range(2)]
    for form in tabs:
        visitor.client.post("/cart", data=form)
    assert count_of_orders() == 1


def test_goods_off_the_shelf_stay_out_of_carts_and_orders(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1, P2=1), "go": "1"})
    form = fields_of(visitor.get("/cart")) | shop.quantities(P1=1, P2=1) | {"go": "1"}
    take_off_the_shelf("P1")
    assert visitor.client.post("/cart", data=form).status_code == 409
    assert count_of_orders() == 0
    assert "下单成功" in visitor.send("/cart", {**shop.quantities(P2=1), "go": "1"}).text


def test_session_and_cart_outlive_a_restart_of_the_server(visitor: Visitor, settings: Settings) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    form = fields_of(visitor.get("/cart")) | shop.quantities(P1=1) | {"go": "1"}
    cookie = visitor.client.get_cookie("groupbuy")
    assert cookie is not None
    with started_anew(settings, cookie.value) as client:
        answer = client.post("/cart", data=form)
    assert "/orders/" in answer.location
    assert count_of_orders() == 1


@contextmanager
def started_anew(settings: Settings, cookie: str) -> Iterator[FlaskClient]:
    """Yield the same browser at a server that has just started."""
    app = create_app(settings)
    app.test_client_class = SeparateClient
    client = app.test_client()
    client.set_cookie("groupbuy", cookie)
    yield client
    with app.app_context():
        db.engine.dispose()
