"""What becomes of goods that come back: sold again, written off, or nothing; the stock goes with it."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Goods, Kind, Reason
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance.queries import balance
from groupbuy.flows import collecting, putting_right, receiving
from groupbuy.flows.putting_right import Request
from groupbuy.flows.receiving import Delivery
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.models import Order
from groupbuy.settlements import payables
from groupbuy.warehouse import batching
from groupbuy.warehouse.models import StockIssue, StockMovement
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.warehouse import day

PICKED = CLOSES + timedelta(hours=20)
EARLY, LATE = date(2026, 12, 1), date(2026, 12, 9)


def decide(order: Order, units: int, goods: Goods, kind: Kind = Kind.REFUND) -> AfterSaleCase:
    request = Request(kind, Reason.OTHER, "不合适", {"P1": units})
    number = in_transaction(
        lambda: (
            putting_right.ask(
                order=db.session.get_one(Order, order.id), request=request, now=PICKED, zone=ZONE, actor=ACTOR
            ).number
        )
    )
    return again(number, goods)


def again(number: str, goods: Goods) -> AfterSaleCase:
    return in_transaction(
        lambda: putting_right.decide(
            number=number, approve=True, answer="", goods=goods, now=PICKED, zone=ZONE, actor=ACTOR
        )
    )


def movements() -> list[tuple[str, int, int]]:
    """Return kind, units and cost of every movement."""
    rows = db.session.scalars(select(StockMovement).order_by(StockMovement.id))
    return [(row.kind, row.units, row.cost_fen) for row in rows]


def lying(product_id: int) -> dict[str, int]:
    """Return what lies in stock by the number of its batch."""
    return {batch.number: row.units for batch, row in batching.there(product_id).items()}


def test_what_comes_back_is_sold_again_or_written_off_at_its_cost(app: Flask) -> None:
    """Ordered 5, a case of 6 came: 3 of batch A, 3 of B; 1 of B too much. ¥5.00 each."""
    product = building.add_product(building.add_supplier(), keeps=True)
    round_ = building.add_round([product])
    leader = building.add_leader()
    order = building.place(round_, building.add_resident(leader), {"P1": 5})
    building.close(app, round_)
    came = [Delivery("P1", 3, batch=name, best_before=until) for name, until in (("A", EARLY), ("B", LATE))]
    with transaction():
        receiving.receive_goods(
            number=day.order_of(round_).number,
            deliveries=came,
            tolerance_bp=0,
            now=CLOSES + timedelta(hours=8),
            actor=ACTOR,
        )
    with transaction():
        collecting.verify_pickup(code=order.pickup_code, leader_ids=[leader.id], now=PICKED, actor=ACTOR)
    assert lying(product.id) == {"B": 1}

    # Nobody knows which batch the two are of: they count as what expires first.
    first = decide(order, 2, Goods.RETURNED)
    assert (first.refund_fen, first.goods) == (1980, "returned")
    assert lying(product.id) == {"A": 2, "B": 1}
    with pytest.raises(RuleBroken, match="decided meanwhile"):
        again(first.number, Goods.WRITTEN_OFF)
    db.session.rollback()
    second = decide(order, 1, Goods.WRITTEN_OFF)
    decide(order, 1, Goods.KEPT)
    assert lying(product.id) == {"A": 2, "B": 1}
    assert movements() == [
        ("receipt_surplus", 1, 500),
        ("customer_return", 2, 500),
        ("customer_return", 1, 500),
        ("write_off", -1, 500),
    ]
    note = db.session.scalars(select(StockIssue)).one()
    assert (note.units, note.cost_fen, note.reason) == (1, 500, f"售后 {second.number}")
    logged = db.session.scalars(select(AuditEntry.after).where(AuditEntry.verb == "stock_taken_back")).all()
    assert [(entry["units"], entry["batch"]) for entry in logged] == [(2, "A"), (1, "A")]

    # Of six at ¥5.00 three lie there, one is lost, two are with the resident.
    with transaction():
        payables.bring_up(since=NOW - timedelta(days=1), now=PICKED)
    books = [balance(account) for account in ("stock:goods", "expense:stock_loss", "expense:goods")]
    assert books == [1500, 500, 1000]
    assert day.wrong() == []

    # The next round buys only what is not there.
    days = timedelta(days=3)
    window = Window(NOW + days, CLOSES + days, date(2026, 11, 26))
    later = building.add_round([product], "C2", window=window)
    building.place(later, building.add_resident(leader, "李女士"), {"P1": 3}, now=NOW + days)
    building.close(app, later, CLOSES + days)
    (line,) = day.order_of(later).lines
    assert (line.from_stock, line.purchased) == (3, 0)
    assert lying(product.id) == {}


def test_goods_that_never_arrived_do_not_come_back(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    building.close(app, round_)
    for goods in (Goods.RETURNED, Goods.WRITTEN_OFF):
        with pytest.raises(RuleBroken) as caught:
            decide(order, 1, goods)
        assert caught.value.code == "not_there"
        db.session.rollback()
    assert movements() == []
    day.receive(day.order_of(round_).number, {"P1": 6})
    # Refunded before anybody fetched it: it lies at the leader's and comes back from there.
    cases = db.session.scalars(select(AfterSaleCase)).all()
    again(cases[0].number, Goods.RETURNED)
    assert lying(product.id) == {"": 5}
    assert day.wrong() == []


def test_no_unit_comes_back_twice(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 6})
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 6})
    decide(order, 4, Goods.RETURNED, Kind.REPLACEMENT)
    with pytest.raises(RuleBroken) as caught:
        decide(order, 3, Goods.WRITTEN_OFF)
    assert caught.value.code == "more_than_bought"
    db.session.rollback()
    decide(order, 2, Goods.WRITTEN_OFF)
    assert day.stored(order).amount_fen == 3960
    assert lying(product.id) == {"": 4}
    assert day.wrong() == []
