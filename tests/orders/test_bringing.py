"""Orders that are brought: to the door for the leader's fee, or by a courier with a number."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.queries import balance
from groupbuy.flows import bringing, collecting, ordering, putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.orders import by_leader
from groupbuy.orders.models import Order
from groupbuy.pickup import queries as pickups
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.warehouse import day
from tests.web.admin.people import sign_in
from tests.web.shopping import shop_of

PICKED = CLOSES + timedelta(hours=20)


def choose(order: Order, *, to_door: bool) -> None:
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        bringing.choose(order=fresh, to_door=to_door, now=NOW, actor=ACTOR)


def refund(order: Order, units: int) -> int:
    request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": units})

    def work() -> int:
        fresh = db.session.get_one(Order, order.id)
        case = putting_right.ask(order=fresh, request=request, now=PICKED, zone=ZONE, actor=ACTOR)
        return putting_right.decide(
            number=case.number, approve=True, answer="", now=PICKED, zone=ZONE, actor=ACTOR
        ).refund_fen

    return in_transaction(work)


def set_fee(leader: Leader, fee_fen: int | None) -> None:
    with transaction():
        mine = db.session.get_one(Leader, leader.id)
        bringing.set_door_fee(leader=mine, fee_fen=fee_fen, now=NOW, actor=ACTOR)


def code_of(order: Order, *, to_door: bool) -> str:
    with pytest.raises(GroupbuyError) as caught:
        choose(order, to_door=to_door)
    db.session.rollback()
    return caught.value.code


def test_the_door_costs_its_fee_and_all_of_it_goes_back_with_the_whole_order(app: Flask) -> None:
    """2 × ¥9.90 + ¥3.00 to the door: one apple back keeps the fee, both give ¥22.80 back."""
    product, leader = building.add_product(building.add_supplier(), case_size=1), building.add_leader()
    residents = [building.add_resident(leader, name, room="3-501") for name in ("王女士", "李女士")]
    round_ = building.add_round([product])
    kept, whole = (building.place(round_, who, {"P1": 2}) for who in residents)
    assert code_of(kept, to_door=True) == "no_door_delivery"
    set_fee(leader, 300)
    for order in (kept, whole, kept):
        choose(order, to_door=True)
    assert day.stored(kept).amount_fen == 2280
    choose(kept, to_door=False)
    assert day.stored(kept).amount_fen == 1980
    choose(kept, to_door=True)
    # A later fee is for later orders.
    set_fee(leader, 900)
    for order in (kept, whole):
        with transaction():
            ordering.mark_paid(order=db.session.get_one(Order, order.id), now=NOW, actor=ACTOR)
    building.close(app, round_)
    assert code_of(kept, to_door=False) == "round_closed"
    day.receive(day.order_of(round_).number, {"P1": 4})
    with transaction():
        collecting.verify_pickup(code=kept.pickup_code, leader_ids=[leader.id], now=PICKED, actor=ACTOR)
    assert refund(kept, 1) == 990
    refund(whole, 2)
    assert [day.stored(order).amount_fen for order in (kept, whole)] == [1290, 0]
    assert [day.stored(order).paid_fen for order in (kept, whole)] == [2280, 2280]
    building.close(app, round_, PICKED)
    assert balance("income:door") == 300
    assert day.wrong() == []


def test_a_courier_has_an_order_under_a_number_and_the_resident_is_told_once(app: Flask) -> None:
    product, leader = building.add_product(building.add_supplier(), case_size=1), building.add_leader()
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(leader), {"P1": 2})

    def send(tracking_no: str) -> None:
        with transaction():
            fresh = db.session.get_one(Order, order.id)
            bringing.hand_to_courier(
                order=fresh, carrier=" 顺丰 ", tracking_no=tracking_no, now=PICKED, actor=ACTOR
            )

    with pytest.raises(GroupbuyError) as caught:
        send("SF1")
    assert caught.value.code == "not_ready"
    db.session.rollback()
    building.close(app, round_)
    for number in ("SF1", "SF1", "SF12"):
        send(number)
    told = db.session.scalars(
        select(Message.body).where(Message.event == "parcel").order_by(Message.id)
    ).all()
    assert [body.endswith(("单号 SF1。", "单号 SF12。")) for body in told] == [True, True]
    assert pickups.left_of([order.id])
    assert day.wrong() == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_door_is_chosen_in_the_cart_and_on_the_order_and_stands_on_the_pickup_sheet(
    app: Flask, time_machine: time_machine.TimeMachineFixture, database_kind: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    time_machine.move_to(NOW, tick=False)
    product, leader = building.add_product(building.add_supplier(), case_size=1), building.add_leader()
    resident = building.add_resident(leader, room="3-501")
    boss = building.add_account("运营")
    with transaction():
        accounts.grant_role(account=boss, role="operator", now=NOW, actor=ACTOR.name)
    round_ = building.add_round([product])
    shop = shop_of(leader, round_)
    ids = {"resident": resident.account_id, "leader": leader.account_id, "operator": boss.id}
    buyer, desk, _ = (
        sign_in(app, db.session.get_one(Account, id_), role).client for role, id_ in ids.items()
    )
    fields = shop.quantities(P1=2)
    buyer.post("/cart", data=fields)
    assert "送货上门" not in buyer.get("/cart").text
    dear = desk.post("/leader/door-delivery", data={"door_fee_fen": "300"})
    assert (dear.status_code, "每单最多 ¥100.00" in dear.text) == (422, True)
    assert desk.post("/leader/door-delivery", data={"door_fee_fen": "3"}).status_code == 303
    assert 'name="to_door"' in buyer.get("/cart").text
    prices = {f"p{shop.offers['P1']}": "990"}
    sent = buyer.post("/cart", data=fields | prices | {"go": "1", "submission_key": "k", "to_door": "1"})
    assert sent.status_code == 303, sent.text
    order = db.session.scalars(select(Order)).one()
    assert order.amount_fen == 2280
    page = f"/orders/{order.number}"
    assert "送到家门口" in buyer.get(page).text
    assert buyer.post(f"{page}/way").status_code == 303
    assert day.stored(order).amount_fen == 1980
    assert buyer.post(f"{page}/way", data={"way": "door"}).status_code == 303
    building.close(app, round_)
    time_machine.move_to(CLOSES, tick=False)
    boss_later = sign_in(app, db.session.get_one(Account, boss.id), "operator", CLOSES).client
    ((_, orders),) = by_leader.live_orders(round_.id, [leader.id])
    assert [one.parcel for one in orders] == [""]
    desk_later = sign_in(app, db.session.get_one(Account, leader.account_id), "leader", CLOSES).client
    for address in ("/leader/pickup", f"/leader/pickup/{order.number}"):
        assert "送货上门" in desk_later.get(address).text
    paper = f"/leader/rounds/{round_.name}/print/pickup_sheet"
    said = {language: desk_later.get(f"{paper}?lang={language}").text for language in ("zh", "en")}
    assert ("送货上门" in said["zh"], "To the door" in said["en"], "送货上门" in said["en"]) == (
        True,
        True,
        False,
    )
    parcel = {"carrier": "顺丰", "tracking_no": "SF1"}
    assert boss_later.post(f"/admin/orders/{order.number}/parcel", data=parcel).status_code == 303
    assert "顺丰 SF1" in boss_later.get(f"/admin/orders/{order.number}").text
    ((_, orders),) = by_leader.live_orders(round_.id, [leader.id])
    assert [one.parcel for one in orders] == ["顺丰 SF1"]
    assert "Courier: 顺丰 SF1" in desk_later.get(f"{paper}?lang=en").text
    assert "快递 顺丰 SF1" in desk_later.get(f"{paper}?lang=zh").text
