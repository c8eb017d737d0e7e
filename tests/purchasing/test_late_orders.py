"""An order after the close stands in demand, purchase, commission, bag and pickup sheet, and in the books."""

from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from flask import Flask

from groupbuy.app.documents import render_attachment
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import OfferStock, Round
from groupbuy.commissions.models import CommissionEntry
from groupbuy.commissions.rules import Rate, Tier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.documents.rereading import reread
from groupbuy.flows import late_orders, mailing, notifying
from groupbuy.flows.ordering import Wish
from groupbuy.jobs import service as jobs
from groupbuy.kernel.errors import RuleBroken
from groupbuy.members.models import Resident
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import Attachment
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag
from groupbuy.purchasing import amending
from groupbuy.purchasing.models import Demand
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.warehouse import day

LATER = building.CLOSES + timedelta(hours=1)
# 5 % from ¥0, 10 % from ¥60: ¥49.50 at the close are 5 %, whatever is ordered late.
TIERS = Rate(tiers=(Tier(0, 500), Tier(6000, 1000)))


class Late:
    """A closed round: 5 of P1 at ¥9.90, so one case of 6; its order has left by mail."""

    def __init__(self, app: Flask, **columns: object) -> None:
        building.set_commission(TIERS)
        supplier = building.add_supplier(email="s1@example.com")
        self.product = building.add_product(supplier)
        other = building.add_product(building.add_supplier("S2"), "P2")
        self.leader = building.add_leader(email="l1@example.com")
        self.resident = building.add_resident(self.leader)
        round_ = building.add_round([self.product, other], **columns)
        self.first = building.place(round_, self.resident, {"P1": 5})
        self.round = building.close(app, round_)
        with transaction():
            mailing.order_has_left(day.order_of(self.round).id, now=building.CLOSES, actor="test")

    def place(self, quantities: dict[str, int], key: str | None = None, **details: Any) -> Order:
        with transaction():
            return late_orders.place_late_order(
                round_=db.session.get_one(Round, self.round.id),
                resident=db.session.get_one(Resident, self.resident.id),
                wishes=[Wish(code, units) for code, units in quantities.items()],
                now=LATER,
                zone=building.ZONE,
                actor=day.ACTOR,
                submission_key=key,
                **details,
            )


@pytest.fixture
def late(app: Flask) -> Late:
    return Late(app)


def test_what_was_bought_too_much_serves_first_and_then_the_supplier_gets_the_difference(late: Late) -> None:
    first = late.place({"P1": 1}, key="k1")
    assert late.place({"P1": 1}, key="k1").id == first.id
    order = day.order_of(late.round)
    assert (order.units, order.lines[0].surplus, amending.amendments_of(order.id)) == (6, 0, [])
    late.place({"P1": 2})
    order = day.order_of(late.round)
    assert (order.units, order.cost_fen, order.lines[0].ordered) == (12, 6000, 8)
    (change,) = amending.amendments_of(order.id)
    assert [(one.former, one.purchased) for one in change.lines] == [(6, 12)]
    mail = db.session.query(Message).filter_by(key=f"poa-{change.id}").one()
    assert (mail.recipient, "原 6 份，现 12 份（2 箱），增加 6" in mail.body) == ("s1@example.com", True)
    (document,) = [render_attachment(Attachment(**one), LATER) for one in mail.documents]
    assert document.name == f"采购变更单 {change.number}.xlsx"
    with NamedTemporaryFile(suffix=".xlsx") as file:
        Path(file.name).write_bytes(document.content)
        found = reread(Path(file.name), units="增加数量", amount="增加金额", all_tabs=False)
    assert (found.agree, found.units, found.amount_fen) == (True, 6, 3000)
    with transaction():
        mailing.note_outcome(mail.id, outcome="accepted", now=LATER)
    assert amending.get_amendment(change.number).told_at == LATER
    # In demand, in the stock sold, in one bag of three orders, and in new sheets for the leader.
    assert db.session.query(Demand.units, Demand.amount_fen).one() == (8, 8 * 990)
    assert (
        db.session.query(OfferStock.sold).join(Demand, Demand.offer_id == OfferStock.offer_id).scalar() == 8
    )
    assert db.session.query(Bag).count() == 1
    sheets = db.session.query(Message).filter(Message.key.startswith("late-")).all()
    assert [len(one.documents) for one in sheets] == [2, 2]
    # 5 % of ¥49.50 is ¥2.48 by half up; of ¥9.90 ¥0.50 and of ¥19.80 ¥0.99, though ¥79.20 would be 10 %.
    rows = db.session.query(CommissionEntry.kind, CommissionEntry.amount_fen).order_by(CommissionEntry.id)
    assert [tuple(row) for row in rows] == [("pending", 248), ("late", 50), ("late", 99)]
    assert day.wrong() == []
    # What comes short is shared out over late orders as well.
    day.receive(order.number, {"P1": 7}, last=True)
    day.share_out(late.round, Policy.FIRST_COME)
    assert [day.quantities(one) for one in (late.first, first)] == [{"P1": 5}, {"P1": 1}]
    assert day.wrong() == []


def test_a_supplier_without_an_order_gets_one(late: Late) -> None:
    late.place({"P2": 1})
    orders = {one.supplier.code: one for one in day.purchasing.orders_of_round(late.round.id)}
    assert (orders["S2"].state, orders["S2"].units) == ("approved", 6)
    assert day.wrong() == []
    # Nobody has received the new order yet, so the first one's goods do not make the round complete.
    day.receive(orders["S1"].number, {"P1": 6})
    assert db.session.get_one(Round, late.round.id).state == "ordered"


def test_it_is_refused_where_it_could_not_be_delivered(late: Late) -> None:
    day.receive(day.order_of(late.round).number, {"P1": 6})
    with pytest.raises(RuleBroken) as refused:
        late.place({"P1": 1})
    assert refused.value.code == "too_late"
    assert day.wrong() == []


def test_a_limit_of_stock_still_holds(app: Flask) -> None:
    late = Late(app, offers={"P1": {"limit_units": 6}})
    late.place({"P1": 1})
    with pytest.raises(RuleBroken) as refused:
        late.place({"P1": 1})
    assert (refused.value.code, refused.value.param) == ("sold_out", "lines[0].quantity")


def test_an_order_that_has_not_left_just_becomes_larger_but_not_while_it_is_being_sent(app: Flask) -> None:
    late = Late(app)
    round_ = building.add_round([late.product], "C2")
    building.place(round_, late.resident, {"P1": 5})
    with transaction():
        lifecycle.change_cutoff(name="C2", closes_at=building.CLOSES, now=building.NOW, actor="test")
        late.product.supplier.email = None
    late.round = building.close(app, round_)
    late.place({"P1": 3})
    order = day.order_of(late.round)
    assert (order.state, order.units, amending.amendments_of(order.id)) == ("approved", 12, [])
    with transaction():
        order.supplier.email = "s1@example.com"
        assert notifying.send_now(round_=db.session.get_one(Round, round_.id), order=order, now=LATER)
        while jobs.take(now=LATER, kinds={"mail": jobs.Patience()}) is not None:
            pass
    with pytest.raises(RuleBroken) as refused:
        late.place({"P1": 5})
    assert refused.value.code == "being_sent"
    assert day.wrong() == []


def test_a_slip_of_the_keyboard_is_asked_about_before_a_supplier_has_it(app: Flask) -> None:
    late = Late(app)
    # Five were ordered by everybody: a hundred at once may be a slip, 99 may not.
    with pytest.raises(RuleBroken, match="P1: 100 units, where everybody has ordered 5") as refused:
        late.place({"P1": 100})
    assert refused.value.code == "unusual_quantity"
    assert late.place({"P1": 99}).lines[0].quantity == 99
    assert late.place({"P1": 1040}, confirmed=True).lines[0].quantity == 1040
    assert day.wrong() == []
