"""The report of what is short says why, to the unit: not bought, refused, not delivered, rejected."""

from flask import Flask

from groupbuy.db.transaction import transaction
from groupbuy.flows import receiving, refusing
from groupbuy.purchasing import approving, drafts
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.warehouse import supply
from groupbuy.warehouse.shortage_reasons import reasons_of
from tests import building
from tests.warehouse import day


def test_each_unit_that_is_short_has_its_reason(app: Flask) -> None:
    with transaction():
        approving.set_approve_first(wanted=True, now=building.NOW, actor="test")
    first, second = building.add_supplier("S1"), building.add_supplier("S2")
    products = [building.add_product(first, code) for code in ("P1", "P2", "P3")]
    products.append(building.add_product(second, "P4"))
    round_ = building.add_round(products)
    quantities = {"P1": 14, "P2": 6, "P3": 6, "P4": 3}
    building.place(round_, building.add_resident(building.add_leader()), quantities)
    building.close(app, round_)
    one, other = (order.number for order in purchasing.orders_of_round(round_.id))
    with transaction():
        # 14 of P1 are 3 cases of 6; 2 are bought, so 2 are left out.
        drafts.change_draft(number=one, wanted=[drafts.Cases("P1", 2)], now=day.ARRIVES, actor="test")
        order = purchasing.lock_purchase_order(one)
        purchase_orders.approve(order_id=order.id, now=day.ARRIVES, actor="test")
    with transaction():
        refusing.refuse_order(number=other, reason="太贵", now=day.ARRIVES, actor=day.ACTOR)
    # Of 12 bought P1 11 come and 1 goes back; of 6 P2 4 come; P3 is whole.
    day.receive(one, {"P1": 11, "P2": 4, "P3": 6}, rejected={"P1": 1})
    assert said(round_.id)["P2"] == [("still_coming", 2, "S1", "")]
    with transaction():
        receiving.close_rest(number=one, now=day.ARRIVES, actor=day.ACTOR)
    assert said(round_.id) == {
        "P1": [("not_bought", 2, "S1", ""), ("rejected", 1, "S1", "压坏"), ("not_delivered", 1, "S1", "")],
        "P2": [("not_delivered", 2, "S1", "")],
        "P3": [],
        "P4": [("refused", 3, "S2", "太贵")],
    }
    short = {each.product_code: each.short for each in supply.supplies_of(round_.id)}
    assert short == {code: sum(units for _, units, *_ in why) for code, why in said(round_.id).items()}


def test_what_filled_a_case_covers_what_did_not_come(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 4})
    building.close(app, round_)
    # 6 are bought for 4; 5 come, 2 of them go back: of 3 good ones 1 is missing, for it was sent back.
    day.receive(day.order_of(round_).number, {"P1": 5}, rejected={"P1": 2}, last=True)
    assert said(round_.id) == {"P1": [("rejected", 1, "S1", "压坏")]}


def said(round_id: int) -> dict[str, list[tuple[str, int, str, str]]]:
    supplies = supply.supplies_of(round_id)
    found = reasons_of({one.offer_id for one in supplies})
    return {
        one.product_code: [
            (str(each.why), each.units, each.supplier_code, each.words)
            for each in found.get(one.offer_id, ())
        ]
        for one in supplies
    }
