"""The stock by batch: first expired first, nothing expired to residents, and where a batch went."""

from datetime import date, timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import calling_off, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.warehouse import issuing, stock, tracing
from groupbuy.warehouse.models import StockBatch
from groupbuy.warehouse.rules import NEVER, Batch, first_expired_first, last_to_expire
from tests import building
from tests.warehouse import day

SOON, LATER = date(2026, 11, 25), date(2026, 12, 20)
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 9)) | st.just(NEVER)
BATCHES = st.dictionaries(st.builds(Batch, DAYS, st.sampled_from(["", "A", "B"])), st.integers(0, 50))


@given(batches=BATCHES, units=st.integers(0, 200))
def test_what_is_used_expires_no_later_than_what_is_left(batches: dict[Batch, int], units: int) -> None:
    used = first_expired_first(batches, units)
    assert sum(used.values()) == min(units, sum(batches.values()))
    left = last_to_expire(batches, sum(batches.values()) - sum(used.values()))
    assert {batch: used.get(batch, 0) + left.get(batch, 0) for batch in batches} == batches
    assert all(first <= second for first in used for second in left)


def levels(product: Product) -> dict[str, int]:
    """Return what lies in stock by the number of the batch."""
    db.session.rollback()
    rows = select(StockBatch.number, StockBatch.units).where(StockBatch.product_id == product.id)
    return dict(db.session.execute(rows.where(StockBatch.units > 0)).all())  # type: ignore[arg-type] # Two columns.


def later_round(product: Product, code: str, days: int) -> Round:
    """Make a round of the same product that is handed out some days later."""
    shift = timedelta(days=days)
    window = Window(building.OPENS + shift, building.CLOSES + shift, building.PICKUP + shift)
    return building.add_round([product], code, window=window)


def test_a_round_uses_what_expires_first_and_nothing_that_is_over(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), keeps=True, case_size=1)
    resident = building.add_resident(building.add_leader())
    first = building.add_round([product])
    building.place(first, resident, {"P1": 2})
    building.close(app, first)
    deliveries = [Delivery("P1", 6, 0, None, "A", SOON), Delivery("P1", 6, 1, "压坏", "B", LATER)]
    with transaction():
        receiving.receive_goods(
            number=day.order_of(first).number,
            deliveries=deliveries,
            tolerance_bp=0,
            confirmed=1,
            now=day.ARRIVES,
            actor=day.ACTOR,
        )
    # 6 of A and 5 of B came for an order of 2: they get A, and 4 of A and 5 of B go into stock.
    assert levels(product) == {"A": 4, "B": 5}
    second = later_round(product, "C2", 1)
    building.place(second, resident, {"P1": 5}, now=building.NOW + timedelta(days=1))
    building.close(app, second, building.CLOSES + timedelta(days=1))
    # Handed out on the 24th, when A is still good: all of A, and 1 of B.
    assert levels(product) == {"B": 4}
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, second.id), reason="停业", now=day.ARRIVES, actor=day.ACTOR
        )
    assert levels(product) == {"A": 4, "B": 5}
    third = later_round(product, "C3", 4)
    building.place(third, resident, {"P1": 8}, now=building.NOW + timedelta(days=4))
    building.close(app, third, building.CLOSES + timedelta(days=4))
    # Handed out on the 27th: A is over, so 5 of B are used and 3 are bought.
    assert levels(product) == {"A": 4}
    (line,) = day.order_of(third).lines
    assert (line.from_stock, line.purchased) == (5, 3)
    assert day.wrong() == []


def test_a_batch_is_traced_to_its_orders_and_says_where_it_is_not_certain(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), case_size=1)
    leader = building.add_leader("L1")
    first = building.add_round([product])
    order = building.place(first, building.add_resident(leader), {"P1": 2})
    building.close(app, first)
    receive = [Delivery("P1", 2, 0, None, "A", SOON)]
    _receive(first, receive)
    second = later_round(product, "C2", 1)
    at = building.NOW + timedelta(days=1)
    building.place(second, building.add_resident(building.add_leader("L2")), {"P1": 3}, now=at)
    building.close(app, second, building.CLOSES + timedelta(days=1))
    _receive(second, [Delivery("P1", 1, 0, None, "A", SOON), Delivery("P1", 2, 0, None, "B", LATER)])
    batch = db.session.scalars(select(StockBatch).where(StockBatch.number == "A")).one()
    found = [(p.round_name, p.leader_code, p.orders, p.units, p.certain) for p in tracing.places_of(batch)]
    assert found == [("C2", "L2", 1, 3, False), ("C1", "L1", 1, 2, True)]
    orders = db.session.execute(tracing.orders_of(batch, [first.id])).all()
    assert [(row.Order.number, row.units) for row in orders] == [(order.number, 2)]
    assert [line.accepted for line in tracing.receipts_of(batch)] == [1, 2]


def _receive(round_: Round, deliveries: list[Delivery]) -> None:
    with transaction():
        receiving.receive_goods(
            number=day.order_of(round_).number,
            deliveries=deliveries,
            tolerance_bp=0,
            now=day.ARRIVES,
            actor=day.ACTOR,
        )


def test_goods_of_one_batch_are_written_off_and_counted_alone(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    with transaction():
        stock.put(
            product_id=product.id,
            units=9,
            cost_fen=500,
            kind="receipt_surplus",
            cause=("test", 1),
            now=building.NOW,
            actor="test",
            batches={Batch(SOON, "A"): 4, Batch(LATER, "B"): 3},
        )
    assert levels(product) == {"A": 4, "B": 3, "": 2}
    b = db.session.scalars(select(StockBatch.id).where(StockBatch.number == "B")).one()
    with transaction():
        issuing.issue(
            product=product,
            kind="write_off",
            units=1,
            reason="发霉",
            now=building.NOW,
            zone=building.ZONE,
            actor="test",
            batch_id=b,
        )
        stock.count(product=product, counted=5, seen=2, now=building.NOW, actor="test", batch_id=b)
    assert levels(product) == {"A": 4, "B": 5, "": 2}
    assert day.in_stock(product) == 11
    assert day.wrong() == []
