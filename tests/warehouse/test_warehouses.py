"""The stock by warehouse: goods are sent, arrive, and are used wherever they lie."""

from dataclasses import replace

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import calling_off, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.kernel.errors import BadInput
from groupbuy.settlements import payables
from groupbuy.settlements.models import StockValue
from groupbuy.warehouse import levels, receipts, stock, tracing, warehouses
from groupbuy.warehouse.models import StockMovement
from groupbuy.warehouse.rules import Batch, taken_for
from groupbuy.warehouse.transferring import Goods
from tests import building
from tests.warehouse import day
from tests.warehouse.places import (
    LATE,
    add_warehouse,
    arrive,
    batch_id,
    call_back,
    figures,
    lying,
    put,
    refused,
    send,
)
from tests.warehouse.test_batches import BATCHES, DAYS, LATER, SOON


@given(
    batches=BATCHES,
    wishes=st.lists(
        st.tuples(st.none() | st.builds(Batch, DAYS, st.sampled_from(["", "A", "B"])), st.integers(1, 30)),
        max_size=5,
    ),
)
def test_what_is_taken_for_wishes_is_what_was_wished(
    batches: dict[Batch, int], wishes: list[tuple[Batch | None, int]]
) -> None:
    taken = taken_for(batches, wishes)
    wished = sum(units for _batch, units in wishes)
    named = {batch: sum(units for one, units in wishes if one == batch) for batch, _units in wishes if batch}
    enough = all(units <= batches.get(batch, 0) for batch, units in named.items())
    assert isinstance(taken, dict) == (enough and wished <= sum(batches.values()))
    if isinstance(taken, dict):
        assert sum(taken.values()) == wished
        assert all(0 < units <= batches[batch] for batch, units in taken.items())
        assert all(taken.get(batch, 0) >= units for batch, units in named.items())


def test_goods_are_sent_lie_nowhere_arrive_and_what_is_missing_is_booked(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), keeps=True, case_size=1)
    add_warehouse("G1")
    put(product, A=4, B=5)
    transfer = send(Goods("P1", 6), submission_key="once")
    assert send(Goods("P1", 6), submission_key="once").id == transfer.id
    # What expires first leaves first: all 4 of A, 2 of B.
    assert lying(product) == {("MAIN", "B"): 3, ("TRANSIT", "A"): 4, ("TRANSIT", "B"): 2}
    refused("out_of_stock", lambda: send(Goods("P1", 4)))
    # A round of 9 finds 3 that it can use; the other 6 are bought.
    round_ = building.add_round([product])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 9})
    building.close(app, round_)
    (line,) = day.order_of(round_).lines
    assert (line.from_stock, line.purchased) == (3, 6)
    assert [figures("MAIN"), figures("G1"), figures(None)] == [(0, 3, 6), None, (6, 3, 6)]
    day.receive(day.order_of(round_).number, {"P1": 6}, warehouse_code="G1")
    assert [figures("MAIN"), figures("G1"), figures(None)] == [(0, 3, 6), (0, 6, 6), (6, 9, 6)]
    arrive(transfer, 3, 2)
    refused("already_arrived", lambda: arrive(transfer))
    assert lying(product) == {("G1", "A"): 3, ("G1", "B"): 2}
    with transaction():
        payables.bring_up(since=building.OPENS, now=LATE)
    moved = db.session.execute(select(StockMovement.kind, StockMovement.units).order_by(StockMovement.id))
    assert [tuple(row) for row in moved] == [
        ("receipt_surplus", 9),
        ("transfer", 0),
        ("allocated", -3),
        ("transfer", 0),
        ("transfer_difference", -1),
    ]
    assert day.wrong() == []


def test_goods_called_back_lie_where_they_were_at_the_same_value(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), keeps=True, case_size=1)
    add_warehouse("G1")
    put(product, A=4, B=5)
    with transaction():
        payables.bring_up(since=building.OPENS, now=LATE)
    worth = db.session.execute(select(StockValue.units, StockValue.value_fen)).one()
    first, second = send(Goods("P1", 6)), send(Goods("P1", 2))
    call_back(first)
    # Only the first is back; 2 of B are still on the way.
    assert lying(product) == {("MAIN", "A"): 4, ("MAIN", "B"): 3, ("TRANSIT", "B"): 2}
    refused("called_back", lambda: call_back(first))
    refused("called_back", lambda: arrive(first))
    arrive(second)
    refused("already_arrived", lambda: call_back(second))
    assert lying(product) == {("MAIN", "A"): 4, ("MAIN", "B"): 3, ("G1", "B"): 2}
    with transaction():
        payables.bring_up(since=building.OPENS, now=LATE)
    # 9 at ¥5.00 throughout.
    assert db.session.execute(select(StockValue.units, StockValue.value_fen)).one() == worth == (9, 4500)
    told = select(AuditEntry.subject, AuditEntry.after).where(AuditEntry.verb == "stock_called_back")
    assert [tuple(row) for row in db.session.execute(told)] == [(first.number, {"units": 6})]
    assert day.wrong() == []


def test_a_round_uses_all_warehouses_and_gets_back_into_the_one_it_came_from(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), keeps=True, case_size=1)
    add_warehouse("G1")
    put(product, A=2, B=5)
    arrive(send(Goods("P1", 3, batch_id("B"))))
    resident = building.add_resident(building.add_leader())
    first = building.add_round([product])
    building.place(first, resident, {"P1": 6})
    building.close(app, first)
    assert lying(product) == {("G1", "B"): 1}
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, first.id), reason="停业", now=day.ARRIVES, actor=day.ACTOR
        )
    assert lying(product) == {("MAIN", "A"): 2, ("MAIN", "B"): 2, ("G1", "B"): 3}
    assert [figures("MAIN"), figures("G1")] == [(4, 0, 0), (3, 0, 0)]
    assert day.wrong() == []


def test_a_delivery_comes_into_a_chosen_warehouse_and_its_surplus_stays_there(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), case_size=1)
    add_warehouse("G1")
    round_ = building.add_round([product])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    building.close(app, round_)
    number = day.order_of(round_).number
    details = {"tolerance_bp": 0, "confirmed": 1, "now": day.ARRIVES, "actor": day.ACTOR}
    goods = [Delivery("P1", 5, 0, None, "A", SOON)]
    refused(
        "unknown_warehouse",
        lambda: receiving.receive_goods(number=number, deliveries=goods, warehouse_code="X", **details),
    )
    db.session.rollback()
    with transaction():
        receiving.receive_goods(number=number, deliveries=goods, warehouse_code="G1", **details)
    assert lying(product) == {("G1", "A"): 3}
    with transaction():
        count = {"product": product, "now": LATE, "actor": "test"}
        stock.count(counted=2, seen=3, batch_id=batch_id("A"), **count)
        stock.count(counted=7, seen=0, warehouse_id=warehouses.get("G1").id, **count)
    assert lying(product) == {("G1", "A"): 2, ("G1", ""): 7}
    assert day.wrong() == []


def test_a_warehouse_that_is_closed_takes_nothing_in(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    add_warehouse("G1")
    put(product, A=1)
    add_warehouse("G1", active=False, new=False)
    refused("warehouse_closed", lambda: send(Goods("P1", 1)))
    refused("same_warehouse", lambda: send(Goods("P1", 1), to="MAIN"))
    refused("unknown_warehouse", lambda: send(Goods("P1", 1), to="TRANSIT"))
    refused("main_warehouse", lambda: add_warehouse("MAIN", active=False, new=False))
    refused("already_exists", lambda: add_warehouse("G1"))
    assert lying(product) == {("MAIN", "A"): 1}


def test_goods_in_several_warehouses_lie_together_after_the_way_back(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    add_warehouse("G1")
    put(product, A=4, B=5)
    arrive(send(Goods("P1", 6)), 4, 1)
    send(Goods("P1", 2), from_code="G1", to="MAIN")
    call_back(send(Goods("P1", 1)))
    db.session.remove()
    downgrade(revision="0116")
    upgrade()
    # 4 of A and 5 of B less the one that was missing.
    assert lying(product) == {("MAIN", "A"): 4, ("MAIN", "B"): 4}
    kinds = db.session.scalars(select(StockMovement.kind).order_by(StockMovement.id)).all()
    assert kinds == ["receipt_surplus", "stock_take"]
    assert day.wrong() == []


def ten_bought(app: Flask) -> tuple[Product, Round]:
    """Return goods of which seven are ordered and ten bought, and their round; there are two warehouses."""
    product = building.add_product(building.add_supplier(), keeps=True, case_size=10)
    add_warehouse("G1")
    round_ = building.add_round([product])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 7})
    building.close(app, round_)
    return product, round_


def test_one_delivery_may_come_into_several_warehouses(app: Flask) -> None:
    product, round_ = ten_bought(app)
    number = day.order_of(round_).number
    # Four come here whole, six there of which one goes back; two are too much.
    goods = [Delivery("P1", 4), Delivery("P1", 6, 1, "压坏", "B", LATER, warehouse="G1")]
    details = {"number": number, "tolerance_bp": 0, "now": day.ARRIVES, "actor": day.ACTOR, "last": True}
    for code, wanted in (("X", "unknown_warehouse"), ("TRANSIT", "unknown_warehouse")):
        wrong = [goods[0], replace(goods[1], warehouse=code)]
        with pytest.raises(BadInput) as error, transaction():
            receiving.receive_goods(deliveries=wrong, **details)
        assert (error.value.code, error.value.param) == (wanted, "lines[1].warehouse")
    with transaction():
        receipt = receiving.receive_goods(deliveries=goods, **details)
    shown = receipts.as_json(receipts.get_receipt(receipt.number))["lines"]
    assert [(line["accepted"], line["warehouse"]) for line in shown] == [(4, "MAIN"), (5, "G1")]
    # What has no day keeps longest, so the surplus is of that: seven of nine are handed out.
    assert lying(product) == {("MAIN", ""): 2}
    assert (
        levels.page(after=None, low=False, warehouse_id=warehouses.get("G1").id, most=9)[0]["reserved"] == 5
    )
    assert [one.warehouse.code for one in tracing.receipts_of(tracing.get_batch(batch_id("B")))] == ["G1"]
    assert day.wrong() == []


def test_two_deliveries_into_two_warehouses_add_up(app: Flask) -> None:
    product, round_ = ten_bought(app)
    number = day.order_of(round_).number
    # Four come here whole, six there of which one goes back; two are too much.
    day.receive(number, {"P1": 4})
    assert day.order_of(round_).state == "part_received"
    day.receive(number, {"P1": 6}, rejected={"P1": 1}, warehouse_code="G1", last=True)
    came = receipts.came_so_far(day.order_of(round_).id)
    assert [(one.delivered, one.rejected, one.accepted) for one in came.values()] == [(10, 1, 9)]
    assert [one.warehouse.code for one in receipts.receipts_of(day.order_of(round_).id)] == ["MAIN", "G1"]
    assert sum(lying(product).values()) == 2
    assert day.wrong() == []
