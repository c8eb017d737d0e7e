"""What an operator does to an order; the stock follows."""

import pytest
from sqlalchemy import select

from groupbuy.campaigns.models import Offer, OfferStock
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests import building
from tests.web.admin.people import Town


def sold(town: Town) -> int:
    """Return how much of P1 is sold."""
    db.session.rollback()
    mine = select(Offer.id).where(Offer.product_id == town.products[0].id)
    return db.session.scalars(select(OfferStock.sold).where(OfferStock.offer_id.in_(mine))).one()


def test_an_order_is_changed_and_the_stock_follows(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    assert 'name="lines-0-quantity"' in town.operator.text(f"/admin/orders/{order.number}/change")
    lines = {"lines-0-code": "P1", "lines-0-quantity": "4", "lines-1-code": "P2", "lines-1-quantity": "1"}
    assert town.operator.post(f"/admin/orders/{order.number}/change", **lines).status_code == 303
    assert sold(town) == 4


def test_more_than_is_left_is_refused_with_the_product_named(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    lines = {"lines-0-code": "P1", "lines-0-quantity": "9"}
    answer = town.operator.post(f"/admin/orders/{order.number}/change", **lines)
    assert answer.status_code == 422
    assert "P1" in answer.get_data(as_text=True)
    assert sold(town) == 2


@pytest.mark.check(30)
def test_odd_quantities_are_refused(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    for text in ("-1", "1.5", "1e3", "NaN", "１０００００００"):
        lines = {"lines-0-code": "P1", "lines-0-quantity": text}
        assert town.operator.post(f"/admin/orders/{order.number}/change", **lines).status_code == 422, text
    assert sold(town) == 2


def test_an_order_is_marked_paid_and_cancelled_with_a_reason(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    path = f"/admin/orders/{order.number}"
    assert town.operator.post(f"{path}/paid").status_code == 303
    assert "¥19.80" in town.operator.text(f"{path}/cancel")
    assert town.operator.post(f"{path}/cancel", reason="").status_code == 422
    assert town.operator.post(f"{path}/cancel", reason="重复下单").status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Order, order.id).state == "cancelled"
    assert sold(town) == 0
    assert "重复下单" in town.operator.text(path)


@pytest.mark.check(22)
def test_what_people_wrote_is_shown_as_text(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 1}, remark="<script>alert(1)</script>")
    assert "<script>alert(1)" not in town.operator.text(f"/admin/orders/{order.number}")
