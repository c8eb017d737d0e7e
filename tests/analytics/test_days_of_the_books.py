"""Which day a sale, a refund or a weight counts for, also when it is booked later or its month is closed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from groupbuy.analytics.trade_base import Wanted
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.flows import bookkeeping, crediting, weighing
from groupbuy.flows.weighing import Entry
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order, OrderLine
from groupbuy.purchasing import queries as purchasing
from tests import building
from tests.analytics.trade import TODAY, sums
from tests.money import hand_out, keep
from tests.warehouse import day

pytestmark = pytest.mark.usefixtures("trade")


@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(hours=9)])
@pytest.mark.parametrize("last_of_month", [False, True])
def test_what_is_handed_out_before_midnight_and_booked_after_it_belongs_to_the_day(
    last_of_month: bool, late: timedelta
) -> None:
    night = TODAY.until.replace(month=11, day=30) if last_of_month else TODAY.until
    before = Wanted(night - timedelta(days=1), night)
    after = Wanted(night, night + timedelta(days=1))
    earlier = sums("sales", before)[0]["amount"]
    freight = sums("freight-leader", before)[0]["freight"]
    waits = _sell_one_more(night - timedelta(minutes=2), booked=night + late)
    assert sums("sales", before) == ({"units": 2 + earlier // 990, "amount": earlier + 1980}, earlier + 1980)
    assert sums("sales", after) == ({"units": 0, "amount": 0}, 0)
    assert sums("freight-leader", before)[0]["freight"] == freight + 300
    assert sums("freight-leader", after) == ({"orders": 0, "freight": 0, "door": 0, "amount": 0}, 0)
    month = rules.period_of(night - timedelta(minutes=2))
    booked = db.session.query(Posting).filter(Posting.cause_id.in_((str(waits.id), f"{waits.id}:freight")))
    assert {one.period for one in booked if one.cause_kind in ("order_sale", "order_fee")} == {month}


def _sell_one_more(at: datetime, *, booked: datetime) -> Order:
    """Hand out the order that waits, and keep the books later."""
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, at)
    keep(booked)
    return waits


def test_a_month_is_closed_with_all_that_was_handed_out_in_it() -> None:
    night = TODAY.until.replace(month=11, day=30)
    month, closed = rules.period_of(night - timedelta(minutes=2)), night + timedelta(hours=9)
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, night - timedelta(minutes=2))
    # Nobody has kept the books since.
    assert in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))
    before = Wanted(night - timedelta(days=1), night)
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    keep(closed + timedelta(minutes=5))
    assert sums("sales", Wanted(night, night + timedelta(days=1))) == ({"units": 0, "amount": 0}, 0)
    assert not in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))


def test_what_is_refunded_after_its_month_was_closed_counts_in_the_open_one() -> None:
    night = TODAY.until.replace(month=11, day=30)
    waits = _sell_one_more(night - timedelta(minutes=2), booked=night + timedelta(minutes=2))
    closed, later = night + timedelta(hours=2), night + timedelta(days=1)
    month = rules.period_of(night - timedelta(minutes=2))
    in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))
    _refund(waits, later)
    before, after = Wanted(night - timedelta(days=1), night), Wanted(night, night + timedelta(days=2))
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    assert sums("sales", after) == ({"units": -2, "amount": -1980}, -1980)
    assert sums("freight-leader", before)[1] == 300
    assert sums("freight-leader", after)[0]["freight"] == -300


def test_what_is_refunded_before_its_sale_is_booked_leaves_both_days_with_their_ledger() -> None:
    night = TODAY.until
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, night - timedelta(minutes=2))
    _refund(waits, night + timedelta(minutes=1))
    keep(night + timedelta(minutes=3))
    before, after = Wanted(night - timedelta(minutes=5), night), Wanted(night, night + timedelta(days=1))
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    assert sums("sales", after) == ({"units": -2, "amount": -1980}, -1980)


def test_the_commission_of_what_is_taken_off_counts_on_that_day_and_leaves_the_day_of_its_sale() -> None:
    """Of 7 of P1, ¥69.30 with ¥6.93, first 2 and then 1 go: ¥4.95 (of 4.950) and ¥3.96 (of 3.960) are left.

    With 0.5 fen a step would not do: the steps are differences of what the whole line comes to.
    """
    line = db.session.query(OrderLine).filter_by(quantity=7).one()
    for number, units in ((1, 2), (2, 1)):
        with transaction():
            now = TODAY.until + timedelta(days=number)
            crediting.take_off({line.id: units}, cause=f"test:{number}", now=now, actor=building.ACTOR)
    assert sums("margin-product")[0]["commission"] == 693 + 99 + 297 + 99
    for number, units, taken in ((1, 2, 693 - 495), (2, 1, 495 - 396)):
        start = TODAY.until + timedelta(days=number)
        wanted = Wanted(start, start + timedelta(hours=1))
        expected = {"units": -units, "amount": -990 * units, "cost_fen": -500 * units, "commission": -taken}
        expected["margin"] = -490 * units + taken
        for by in ("product", "leader", "supplier", "route"):
            assert sums(f"margin-{by}", wanted)[0] == expected


def _refund(order: Order, now: datetime) -> None:
    line = db.session.query(OrderLine).filter_by(order_id=order.id).one()
    with transaction():
        crediting.take_off({line.id: line.quantity}, cause=f"test:{line.id}", now=now, actor=building.ACTOR)


def test_weights_settled_before_a_sale_is_booked_leave_both_days_with_their_ledger(app: Flask) -> None:
    fish = building.add_product(
        building.add_supplier("S3"), "P3", price_fen=1328, weighed=True, price_basis_g=500, est_grams=750
    )
    round_ = building.add_round([fish], "C2", freight_fen=300)
    leader = db.session.query(Leader).filter_by(code="L1").one()
    orders = [building.place(round_, building.add_resident(leader), {"P3": 1}) for _ in range(3)]
    building.close(app, round_)
    (bought,) = purchasing.orders_of_round(round_.id)
    day.receive(bought.number, {"P3": 3}, last=True)
    night = TODAY.until
    for order in orders:
        hand_out(order, night - timedelta(minutes=2))
    _weigh_and_settle(round_, {order.number: "700" for order in orders}, night + timedelta(minutes=1))
    keep(night + timedelta(minutes=3))
    before, after = Wanted(night - timedelta(minutes=5), night), Wanted(night, night + timedelta(days=1))
    # ¥19.92 each as estimated, 700 g are 1859.2 fen.
    assert sums("sales", before) == ({"units": 3, "amount": 5976}, 5976)
    assert sums("sales", after) == ({"units": 0, "amount": -399}, -399)
    assert sums("freight-leader", before)[0]["freight"] == 900
    assert day.wrong() == []


def _weigh_and_settle(round_: Round, weights: dict[str, str], now: datetime) -> None:
    entries = [Entry(number, "P3", text) for number, text in weights.items()]
    with transaction():
        stored = db.session.get_one(Round, round_.id)
        who: dict[str, Any] = {"now": now, "actor": building.ACTOR}
        weighing.enter_weights(round_=stored, entries=entries, layouts=(), **who)
        assert weighing.settle_weights(round_=stored, **who) is not None
