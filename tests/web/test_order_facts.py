"""What a resident, a leader and an operator read of the same order: its review, its number, what is short."""

from datetime import timedelta

from flask import Flask

from groupbuy.accounts import queries
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import doors, ordering
from groupbuy.orders.models import Order
from groupbuy.orders.queries import follow_numbers, get_order
from groupbuy.payments import paying_back
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.building import ACTOR, NOW
from tests.invoicing.office import fetch, refund
from tests.warehouse.day import order_of, receive, share_out
from tests.web.admin.conftest import town  # noqa: F401 - a fixture
from tests.web.admin.people import Person, Town, sign_in


def at_a_browser(town: Town, account_id: int, role: str) -> Person:  # noqa: F811 - the fixture's value
    return sign_in(town.app, queries.get_account(account_id), role)


def test_a_resident_reads_that_the_order_waits_and_what_came_of_it(town: Town) -> None:  # noqa: F811
    round_ = building.add_round(town.products, "C9", review_above_fen=0)
    number = building.place(round_, town.resident, {"P1": 2}).number
    buyer = at_a_browser(town, town.resident.account_id, "resident")
    desk = at_a_browser(town, town.leader.account_id, "leader")
    assert "截单前会在这里给出结果" in buyer.text(f"/orders/{number}")
    assert "待审核" in buyer.text("/orders")
    assert "本单等待运营审核" in desk.text(f"/leader/orders/{number}")
    assert "待审核" in desk.text("/leader/orders")
    town.operator.post(f"/admin/orders/{number}/approve")
    page = buyer.text(f"/orders/{number}")
    assert "等待审核" not in page
    assert "审核通过" in page
    assert "待审核" not in buyer.text("/orders") + desk.text("/leader/orders")


def test_what_is_short_and_paid_back_stands_on_everybodys_pages(town: Town) -> None:  # noqa: F811
    order = building.place(town.round, town.resident, {"P1": 4, "P2": 1})
    in_transaction(lambda: ordering.mark_paid(order=get_order(order.number), now=NOW, actor=ACTOR))
    round_ = building.close(town.app, town.round)
    town.operator.post(f"/admin/purchasing/{order_of(round_).number}/approve")
    receive(order_of(round_).number, {"P1": 3, "P2": 0}, last=True)
    share_out(round_, Policy.FIRST_COME)
    buyer = at_a_browser(town, town.resident.account_id, "resident")
    desk = at_a_browser(town, town.leader.account_id, "leader")
    pages = [buyer.text("/orders"), buyer.text(f"/orders/{order.number}")]
    pages += [desk.text("/leader/orders"), desk.text(f"/leader/orders/{order.number}")]
    pages += [desk.text("/leader/pickup"), town.operator.text(f"/admin/orders/{order.number}")]
    assert [page.count("缺货 1 件") for page in pages] == [2] * len(pages)
    assert all("¥19.80" in page for page in (*pages[:4], pages[5]))
    assert order.number in town.operator.text("/admin/orders?paid=owed")
    pay_back(order, 1980)
    assert "已退 ¥19.80" in buyer.text("/orders")
    assert "已退 ¥19.80" in desk.text("/leader/orders")
    assert "已退还" in town.operator.text(f"/admin/orders/{order.number}")


def test_a_wholly_refunded_order_says_so_and_asks_nobody_for_money(town: Town) -> None:  # noqa: F811
    order = building.place(town.round, town.resident, {"P1": 4})
    in_transaction(lambda: ordering.mark_paid(order=get_order(order.number), now=NOW, actor=ACTOR))
    building.close(town.app, town.round)
    fetch(order)
    refund(order, 4)
    pay_back(order, 3960)
    desk = at_a_browser(town, town.leader.account_id, "leader").text(f"/leader/orders/{order.number}")
    buyer = at_a_browser(town, town.resident.account_id, "resident")
    page = buyer.text(f"/orders/{order.number}")
    assert ("<dt>付款</dt><dd>已退款</dd>" in page, "待付款" in page, "已退款" in desk) == (True, False, True)
    assert "已退款" in town.operator.text(f"/admin/orders/{order.number}")
    assert "此订单已全额退款，没有可开票的金额。" in buyer.text(f"/orders/{order.number}/invoice")


def pay_back(order: Order, amount_fen: int) -> None:
    in_transaction(
        lambda: paying_back.pay_back(
            order=get_order(order.number),
            amount_fen=amount_fen,
            target="wallet",
            reason="缺货",
            now=NOW,
            actor="test",
        )
    )


def test_a_follow_number_counts_inside_round_and_leader_and_outlives_a_cancelled_order(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    near, far = building.add_leader("L1"), building.add_leader("L2")
    first, second = building.add_round([product], "C1"), building.add_round([product], "C2")
    buyers = [building.add_resident(leader) for leader in (near, far, near)]
    orders = [building.place(first, buyer, {"P1": 1}) for buyer in buyers]
    orders += [building.place(second, buyers[0], {"P1": 1}), building.place(first, buyers[0], {"P1": 1})]
    in_transaction(
        lambda: ordering.cancel_order(
            order=get_order(orders[0].number), reason="by_resident", now=NOW, actor=ACTOR
        )
    )
    numbers = follow_numbers([order.id for order in orders])
    assert [numbers[order.id] for order in orders] == [1, 1, 2, 1, 3]


def test_the_leaders_list_shows_the_door_that_the_bag_goes_to(town: Town) -> None:  # noqa: F811
    building.place(town.round, town.resident, {"P1": 1})
    in_transaction(
        lambda: doors.edit_profile(
            resident=town.resident, name="王女士", room="9-9-901", now=NOW + timedelta(hours=1), actor="test"
        )
    )
    page = at_a_browser(town, town.leader.account_id, "leader").text("/leader/orders")
    assert "3-2-501" in page
    assert "9-9-901" not in page
