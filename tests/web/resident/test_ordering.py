"""From the shared link to the order, and what may have happened in between."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from groupbuy.campaigns.models import OfferStock
from groupbuy.db import db
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests import building
from tests.building import CLOSES
from tests.web.shopping import Shop, Visitor, fields_of, open_shop

PHONE = "13812345678"


def only_order() -> Order:
    db.session.rollback()
    return db.session.scalars(select(Order)).one()


def count_of_orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def sold(shop: Shop, code: str) -> int:
    db.session.rollback()
    return db.session.get_one(OfferStock, shop.offers[code], populate_existing=True).sold


def neighbour_takes(shop: Shop, **units: int) -> None:
    building.place(shop.round, building.add_resident(shop.leader, "邻居"), units)


def test_a_guest_keeps_the_cart_through_the_sign_up_and_orders(visitor: Visitor) -> None:
    shop = open_shop()
    cart = visitor.send(shop.path, {**shop.quantities(P1=2, P3=1), "go": "1"})
    assert "登录并下单" in cart.text
    asked = visitor.send("/cart", {**shop.quantities(P1=2, P3=1), "remark": "请放门口", "go": "1"})
    assert asked.request.path == "/sign-in"
    back = visitor.sign_up(PHONE, shop.leader, next_="/cart")
    assert back.request.path == "/cart"
    assert "请放门口" in back.text
    placed = visitor.send("/cart", {**shop.quantities(P1=2, P3=1), "remark": "请放门口", "go": "1"})
    assert "下单成功" in placed.text
    order = only_order()
    assert (order.amount_fen, order.remark, sold(shop, "P1")) == (3 * 990, "请放门口", 2)
    assert "购物车是空的" in visitor.get("/cart")


@pytest.mark.check(36)
def test_the_same_form_sent_twice_is_one_order(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    form = fields_of(visitor.get("/cart")) | shop.quantities(P1=1) | {"go": "1"}
    first, second = (visitor.client.post("/cart", data=form) for _ in range(2))
    assert first.location == second.location
    assert (count_of_orders(), sold(shop, "P1")) == (1, 1)
    assert "购物车是空的" in visitor.get("/cart")


def test_goods_sold_out_in_between_are_marked_and_the_rest_goes_on(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"limit_units": 2}})
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1, P2=3), "go": "1"})
    form = fields_of(visitor.get("/cart")) | shop.quantities(P1=1, P2=3) | {"go": "1"}
    neighbour_takes(shop, P1=2)
    stopped = visitor.client.post("/cart", data=form)
    assert stopped.status_code == 409
    assert "刚刚被抢光了；其余商品可以继续下单" in stopped.text
    assert "下单其余商品" in stopped.text
    assert count_of_orders() == 1
    rest = visitor.send("/cart", {**shop.quantities(P2=3), "go": "1"})
    assert "下单成功" in rest.text
    assert "刚刚被抢光了" in visitor.get("/cart")


def test_a_quantity_above_what_is_left_is_lowered_and_said(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"limit_units": 5}})
    visitor.sign_up(PHONE, shop.leader)
    neighbour_takes(shop, P1=3)
    cart = visitor.send(shop.path, {**shop.quantities(P1=4), "go": "1"})
    assert "仅剩 2 件，数量已调整" in cart.text
    assert "下单成功" in visitor.send("/cart", {**shop.quantities(P1=2), "go": "1"}).text


@pytest.mark.check(31)
def test_a_price_that_changed_is_shown_before_anything_is_ordered(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    seen = {f"p{shop.offers['P1']}": "100"}
    answer = visitor.send("/cart", {**shop.quantities(P1=1), **seen, "go": "1"})
    assert answer.status_code == 409
    assert "价格刚刚有变动" in answer.text
    assert count_of_orders() == 0


@pytest.mark.check(33)
def test_a_cut_off_that_passes_while_the_cart_is_open_is_said(visitor: Visitor, clock: Traveller) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    form = fields_of(visitor.get("/cart")) | shop.quantities(P1=1) | {"go": "1"}
    clock.move_to(CLOSES)
    answer = visitor.client.post("/cart", data=form)
    assert answer.status_code == 409
    assert "已过截单时间，本期不再接单" in answer.text
    assert count_of_orders() == 0
    assert "本期已截单" in visitor.get(shop.path)


def test_a_limit_per_person_counts_earlier_orders(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"per_buyer_limit": 2}})
    visitor.sign_up(PHONE, shop.leader)
    assert "下单成功" in visitor.order(shop, P1=2).text
    cart = visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    assert "您已达到每人限购数量" in cart.text


def test_minimum_and_multiple_are_kept_by_the_steps(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"min_order_qty": 4, "multiple": 3}})
    page = visitor.send(shop.path, {**shop.quantities(P1=0), "step": f"q{shop.offers['P1']}:+3"})
    assert fields_of(page.text)[f"q{shop.offers['P1']}"] == "6"
    page = visitor.send(shop.path, {**shop.quantities(P1=6), "step": f"q{shop.offers['P1']}:-3"})
    assert fields_of(page.text)[f"q{shop.offers['P1']}"] == "0"


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "1.5", "NaN", "", "abc", "1" * 40, "٣٤"])
@pytest.mark.check(30)
def test_a_quantity_that_makes_no_sense_orders_nothing(visitor: Visitor, text: str) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    field = {f"q{shop.offers['P1']}": text}
    assert visitor.send(shop.path, {**field, "go": "1"}).status_code == 200
    assert visitor.send("/cart", {**field, "go": "1"}).status_code in (200, 409)
    assert count_of_orders() == 0


def test_full_width_digits_are_read(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    answer = visitor.send("/cart", {f"q{shop.offers['P1']}": "２", "go": "1"})
    assert "下单成功" in answer.text
    assert sold(shop, "P1") == 2


def test_an_order_is_changed_and_cancelled_until_the_cut_off(visitor: Visitor, clock: Traveller) -> None:
    shop = open_shop(offers={"P1": {"limit_units": 3}})
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2)
    path = f"/orders/{only_order().number}"
    changed = visitor.send(f"{path}/change", {**shop.quantities(P1=3, P2=1), "remark": "改了", "go": "1"})
    assert "订单已修改" in changed.text
    assert (only_order().amount_fen, only_order().remark, sold(shop, "P1")) == (4 * 990, "改了", 3)
    assert "取消这张订单？" in visitor.get(f"{path}/cancel")
    assert "订单已取消" in visitor.send(f"{path}/cancel", {}).text
    assert (only_order().state, sold(shop, "P1")) == ("cancelled", 0)


def test_a_change_beyond_what_is_left_is_refused_and_keeps_the_order(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"limit_units": 3}})
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2)
    number = only_order().number
    answer = visitor.send(f"/orders/{number}/change", {**shop.quantities(P1=4), "go": "1"})
    assert answer.status_code == 409
    assert sold(shop, "P1") == 2


@pytest.mark.check(33)
def test_after_the_cut_off_an_order_stays(visitor: Visitor, clock: Traveller) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2)
    path = f"/orders/{only_order().number}"
    page = visitor.get(path)
    assert "前可以修改或取消" in page
    clock.move_to(CLOSES)
    assert "前可以修改或取消" not in visitor.get(path)
    token = fields_of(visitor.get(path))["csrf_token"]
    late = visitor.client.post(f"{path}/cancel", data={"csrf_token": token})
    assert late.status_code == 409
    assert only_order().state == "confirmed"


@pytest.mark.check(26)
def test_anothers_order_does_not_exist(app: Flask, visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=1)
    number = only_order().number
    stranger = Visitor(app)
    stranger.sign_up("13912345678", shop.leader)
    for path in ("", "/code", "/change", "/cancel"):
        assert stranger.client.get(f"/orders/{number}{path}").status_code == 404
    token = fields_of(stranger.get("/me"))["csrf_token"]
    for path in ("/change", "/cancel", "/again"):
        answer = stranger.client.post(f"/orders/{number}{path}", data={"csrf_token": token, "go": "1"})
        assert answer.status_code == 404
    assert only_order().state == "confirmed"


def test_the_pickup_code_is_shown_large_and_as_a_qr_code(visitor: Visitor) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=1)
    order = only_order()
    page = visitor.get(f"/orders/{order.number}/code")
    assert f'<span aria-hidden="true">{order.pickup_code[:4]}</span>' in page
    assert "<svg" in page
    assert "data-offline-page" in page


def test_buying_again_fills_the_cart_from_the_open_round(visitor: Visitor, clock: Traveller) -> None:
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader)
    visitor.order(shop, P1=2, P2=1)
    answer = visitor.send("/orders", {}, to=f"/orders/{only_order().number}/again")
    assert answer.request.path == "/cart"
    assert fields_of(answer.text)[f"q{shop.offers['P1']}"] == "2"


def test_who_changes_leader_stays_with_the_former_one_in_open_rounds(
    app: Flask, visitor: Visitor, clock: Traveller
) -> None:
    shop = open_shop()
    other = building.add_leader("L2", community="梧桐里")
    visitor.sign_up(PHONE, shop.leader)
    clock.shift(timedelta(minutes=5))
    assert "从下一期起生效" in visitor.get(f"/me/leader?code={other.code}")
    assert (
        "从下一期起，您的团长是"
        in visitor.send(f"/me/leader?code={other.code}", {"code": other.code}, to="/me/leader").text
    )
    assert "您在本期进行中更换了团长" in visitor.get(f"/r/{shop.round.name}")
    visitor.order(shop, P1=1)
    assert only_order().leader_id == shop.leader.id
    resident = db.session.scalars(select(Resident)).one()
    assert resident.leader_in(CLOSES).id == other.id


@pytest.mark.check(22)
def test_texts_of_people_are_shown_as_text(visitor: Visitor) -> None:
    evil = "<script>alert(1)</script>\"'{{7*7}}"
    shop = open_shop()
    visitor.sign_up(PHONE, shop.leader, name=evil[:30])
    visitor.send(shop.path, {**shop.quantities(P1=1), "go": "1"})
    visitor.send("/cart", {**shop.quantities(P1=1), "remark": evil, "go": "1"})
    for path in ("/me", f"/orders/{only_order().number}"):
        page = visitor.get(path)
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
