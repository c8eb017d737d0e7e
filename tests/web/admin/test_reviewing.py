"""Operators review orders: found on the dashboard and in the list, approved on the order's page."""

from groupbuy.orders import reviews
from groupbuy.orders.queries import get_order
from tests import building
from tests.web.admin.people import Town


def big_order(town: Town) -> str:
    """Place an order in a round that reviews every one; return its number."""
    round_ = building.add_round(town.products, "C9", review_above_fen=0)
    return building.place(round_, town.resident, {"P1": 2}).number


def test_a_waiting_order_is_found_and_approved(town: Town) -> None:
    number = big_order(town)
    assert "1 笔订单待审核" in town.operator.text("/admin/live")
    assert number in town.operator.text("/admin/orders?review=waiting")
    assert "待审核" in town.operator.text(f"/admin/orders/{number}")
    assert town.operator.post(f"/admin/orders/{number}/approve").status_code == 303
    assert reviews.state_of(get_order(number)) == "approved"
    assert number not in town.operator.text("/admin/orders?review=waiting")
    assert "订单审核通过" in town.operator.text(f"/admin/orders/{number}")


def test_an_order_that_needs_no_review_has_no_button(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    assert "approve" not in town.operator.text(f"/admin/orders/{order.number}")
