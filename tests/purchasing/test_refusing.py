"""A purchase order that waits for approval is refused: nothing is bought, its goods are short."""

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import refusing
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.purchasing import approving, service
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day


def refuse(number: str, reason: str = "太贵") -> PurchaseOrder:
    with transaction():
        return refusing.refuse_order(number=number, reason=reason, now=day.ARRIVES, actor=day.ACTOR)


def test_what_is_refused_is_not_bought_and_its_goods_are_short(app: Flask) -> None:
    with transaction():
        approving.set_approve_first(wanted=True, now=building.NOW, actor="test")
    products = [building.add_product(building.add_supplier(f"S{n}", email="s@x.cn"), f"P{n}") for n in (1, 2)]
    round_ = building.add_round(products)
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 2, "P2": 3})
    round_ = building.close(app, round_)
    dear, good = purchasing.orders_of_round(round_.id)
    with pytest.raises(BadInput):
        refuse(dear.number, " ")
    assert (refuse(dear.number).state, refuse(dear.number, "again").confirm_note) == ("cancelled", "太贵")
    with transaction():
        assert not service.approve(order_id=dear.id, now=day.ARRIVES, actor="test")
        assert service.approve(order_id=good.id, now=day.ARRIVES, actor="test")
    with pytest.raises(RuleBroken, match="waits for approval"):
        refuse(good.number)
    assert db.session.query(Message).filter(Message.channel == "mail").all() == []
    with transaction():
        service.mark_sent(order_id=good.id, now=day.ARRIVES, actor="test")
    day.receive(good.number, {"P2": 6})
    day.share_out(round_, Policy.FIRST_COME)
    assert day.quantities(order) == {"P1": 0, "P2": 3}
    assert day.wrong() == []


def test_a_round_whose_only_order_is_refused_waits_for_nothing(app: Flask) -> None:
    product = building.add_product(building.add_supplier("S1", min_order_fen=1_000_000))
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    round_ = building.close(app, round_)
    held = day.order_of(round_)
    assert (held.state, held.held) == ("draft", True)
    assert refuse(held.number).held is False
    assert db.session.get_one(Round, round_.id, populate_existing=True).state == "received"
    day.share_out(round_, Policy.FIRST_COME)
    assert day.stored(order).state == "cancelled"
    assert day.wrong() == []
