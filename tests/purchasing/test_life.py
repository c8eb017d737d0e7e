"""A purchase order from the close to its supplier's answer: approved, sent once, confirmed with less."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import confirming, mailing, notifying
from groupbuy.jobs import service as jobs
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.purchasing import approving, service
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.warehouse import day

LATER = building.CLOSES + timedelta(hours=1)


@pytest.fixture
def round_(app: Flask) -> Round:
    """Return a closed round whose orders are approved first: P1 8 ordered, so 2 cases of 6 for ¥60."""
    with transaction():
        approving.set_approve_first(wanted=True, now=building.NOW, actor="test")
    products = [building.add_product(building.add_supplier(email="s1@example.com"))]
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 8})
    return building.close(app, round_)


def send_now(round_: Round) -> bool:
    with transaction():
        order = day.order_of(round_)
        return notifying.send_now(round_=db.session.get_one(Round, round_.id), order=order, now=LATER)


def answer(order: PurchaseOrder, units: dict[str, int], *, asker: int = 0, **details: Any) -> PurchaseOrder:
    with transaction():
        return confirming.confirm_order(
            number=order.number,
            answer=confirming.Answer(units, **details),
            now=LATER,
            actor=day.ACTOR,
            supplier_ids=[asker or order.supplier_id],
        )


def test_an_order_leaves_once_it_is_approved_and_is_not_sent_twice(round_: Round) -> None:
    order = day.order_of(round_)
    assert (order.state, order.held, order.cost_fen) == ("draft", False, 12 * 500)
    assert not send_now(round_)
    with transaction():
        assert service.approve(order_id=order.id, now=LATER, actor="test")
        assert not service.approve(order_id=order.id, now=LATER, actor="test")
    assert send_now(round_)
    message = db.session.query(Message).filter_by(key=f"po-{order.id}").one()
    # The address was wrong; the supplier has another one by now, and the second try goes there.
    with transaction():
        lease = jobs.take(now=LATER, kinds={"mail": jobs.Patience()})
        assert lease is not None
        jobs.give_up(lease, error="550 no such user")
        mailing.note_failure(message.id, error="550 no such user")
        db.session.get_one(PurchaseOrder, order.id).supplier.email = "orders@example.com"
    assert send_now(round_)
    db.session.expire_all()
    assert (message.state, message.recipient) == ("queued", "orders@example.com")
    with transaction():
        lease = jobs.take(now=LATER, kinds={"mail": jobs.Patience()})
        assert lease is not None
        mailing.note_outcome(message.id, outcome="accepted", now=LATER)
        jobs.finish(lease, now=LATER)
    assert not send_now(round_)
    assert (day.order_of(round_).state, db.session.get_one(Round, round_.id).state) == ("sent", "ordered")


def test_a_supplier_confirms_less_and_later_and_may_answer_again(round_: Round) -> None:
    order = day.order_of(round_)
    with pytest.raises(NotFound):
        answer(order, {"P1": 9})
    with transaction():
        service.approve(order_id=order.id, now=LATER, actor="test")
    with pytest.raises(NotFound):
        answer(order, {"P1": 9}, asker=order.supplier_id + 1)
    for wrong in ({"P1": 13}, {"P1": -1}, {"P9": 1}):
        with pytest.raises(BadInput):
            answer(order, wrong)
    answer(order, {"P1": 9}, promised_date=building.PICKUP + timedelta(days=1), note="缺货 3 件")
    stored = day.order_of(round_)
    # 12 were purchased: three are known not to come before the truck does, of which residents miss none.
    assert (stored.state, stored.lines[0].confirmed, stored.lines[0].known_short) == ("confirmed", 9, 3)
    assert stored.lines[0].known_missed == 0
    assert stored.promised_date == building.PICKUP + timedelta(days=1)
    answer(order, {"P1": 7})
    assert day.order_of(round_).lines[0].known_missed == 1
    answer(order, {}, promised_date=building.PICKUP)
    stored = day.order_of(round_)
    assert (stored.lines[0].known_short, stored.promised_date) == (0, None)
    day.receive(order.number, {"P1": 12})
    with pytest.raises(RuleBroken):
        answer(order, {"P1": 9})
    assert day.wrong() == []


def test_a_day_out_of_reason_is_refused(round_: Round) -> None:
    with transaction():
        service.approve(order_id=day.order_of(round_).id, now=LATER, actor="test")
    with pytest.raises(BadInput) as refused:
        answer(day.order_of(round_), {}, promised_date=date(2031, 1, 1))
    assert refused.value.param == "promised_date"


def test_orders_leave_at_once_unless_somebody_chose_otherwise(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    building.close(app, round_)
    assert [one.state for one in purchasing.heads_of_round(round_.id)] == ["approved"]
