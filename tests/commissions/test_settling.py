"""Commission from the close to settled, and back where goods were taken off."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.analytics import invariants_ledger
from groupbuy.campaigns.models import Round
from groupbuy.commissions import bulk, settling, standings
from groupbuy.commissions.rules import EarningLine, Rate, Standing, bookings, standing_of
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries, rules
from groupbuy.finance.dials import set_dials
from groupbuy.flows import bookkeeping, collecting, putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.errors import RunAgain
from groupbuy.orders.models import Order, OrderLine
from groupbuy.payments import books
from tests.building import (
    ACTOR,
    CLOSES,
    ZONE,
    add_leader,
    add_product,
    add_resident,
    add_round,
    add_supplier,
    close,
    place,
    set_commission,
)

WINDOW = timedelta(days=2)
PICKED = CLOSES + timedelta(days=1)
STAGES = ("pending", "frozen", "settled")


def stages(leader_id: int) -> tuple[int, ...]:
    return tuple(queries.balance(rules.commission(leader_id, stage)) for stage in STAGES)


def keep(now: datetime) -> int | None:
    return in_transaction(lambda: bookkeeping.keep_books(now=now))


def hand_out(order: Order, now: datetime = PICKED) -> None:
    with transaction():
        collecting.verify_pickup(code=order.pickup_code, leader_ids=[order.leader_id], now=now, actor=ACTOR)


@pytest.fixture
def sold(app: Flask) -> Any:
    """Return a closed round's leader and two orders: shares of 198 and 99 fen."""
    set_commission(Rate(rate_bp=1000))
    leader = add_leader()
    round_ = add_round([add_product(add_supplier())])
    orders = [place(round_, add_resident(leader, name), {"P1": n}) for name, n in (("王", 2), ("李", 1))]
    return leader, orders, close(app, round_)


@pytest.mark.usefixtures("app")
def test_the_books_are_due_five_minutes_after_they_were_kept() -> None:
    keep(CLOSES)
    assert settling.due_since(CLOSES + settling.EVERY - timedelta(seconds=1)) is None
    assert settling.due_since(CLOSES + timedelta(minutes=6)) == CLOSES + timedelta(minutes=5)
    # The clock has been set back: at once.
    assert settling.due_since(CLOSES - timedelta(hours=1)) == CLOSES - timedelta(hours=1)


def test_the_close_books_pending(sold: Any) -> None:
    assert stages(sold[0].id) == (297, 0, 0)


def test_a_pickup_freezes_and_the_end_of_its_window_settles(sold: Any) -> None:
    leader, (first, _), _ = sold
    hand_out(first)
    keep(PICKED + timedelta(minutes=5))
    assert stages(leader.id) == (99, 198, 0)
    keep(PICKED + WINDOW - timedelta(seconds=1))
    assert stages(leader.id) == (99, 198, 0)
    keep(PICKED + WINDOW + timedelta(minutes=5))
    assert stages(leader.id) == (99, 0, 198)


def test_keeping_the_books_again_books_nothing(sold: Any) -> None:
    hand_out(sold[1][0])
    later = PICKED + WINDOW + timedelta(minutes=5)
    assert keep(later)
    assert keep(later + timedelta(minutes=1)) == 0
    assert all(one.run().violations == 0 for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST))


def test_whoever_books_on_figures_that_are_out_of_date_has_to_look_again(sold: Any) -> None:
    leader, (first, _), round_ = sold
    (part,) = standings.parts_of(standings.of_round(round_.id))
    hand_out(first)
    stale = standings.standings(part, until=PICKED)
    keep(PICKED + timedelta(minutes=5))
    with pytest.raises(RunAgain), transaction():
        standings.store_standings(stale)
    with pytest.raises(RunAgain), transaction():
        books.write_down([(first.id, 0, 0, 1)])
    assert keep(PICKED + timedelta(minutes=11)) == 0
    assert stages(leader.id) == (99, 198, 0)


def test_a_pickup_that_commits_after_its_window_was_looked_at_settles_all_the_same(sold: Any) -> None:
    with transaction():
        set_dials(values={"after_sale_days": 0}, now=PICKED, actor="test")
    keep(PICKED + timedelta(minutes=30))
    hand_out(sold[1][0])
    keep(PICKED + timedelta(minutes=40))
    assert stages(sold[0].id) == (99, 0, 198)


def test_a_longer_window_takes_nothing_back(sold: Any) -> None:
    hand_out(sold[1][0])
    keep(PICKED + WINDOW + timedelta(minutes=5))
    with transaction():
        set_dials(values={"after_sale_days": 30}, now=PICKED, actor="test")
    keep(PICKED + WINDOW + timedelta(minutes=15))
    assert stages(sold[0].id) == (99, 0, 198)


def test_a_shorter_window_settles_what_is_over_by_it(sold: Any) -> None:
    hand_out(sold[1][0])
    keep(PICKED + timedelta(minutes=5))
    with transaction():
        set_dials(values={"after_sale_days": 0}, now=PICKED, actor="test")
    keep(PICKED + timedelta(minutes=15))
    assert stages(sold[0].id) == (99, 0, 198)


def ask(order: Order, now: datetime) -> str:
    """Ask for the money of one unit; return the case."""
    request = Request(Kind.REFUND, Reason.SPOILED, "坏了", {"P1": 1})
    wish = {"request": request, "now": now, "zone": ZONE, "actor": ACTOR}
    return in_transaction(lambda: putting_right.ask(order=db.session.get_one(Order, order.id), **wish).number)


def agree(case: str, now: datetime) -> None:
    """Agree to a case."""
    wish = {"number": case, "approve": True, "answer": "", "now": now, "zone": ZONE, "actor": ACTOR}
    in_transaction(lambda: putting_right.decide(**wish))


@pytest.mark.check(34)
def test_a_refund_after_settlement_makes_a_negative_row(sold: Any) -> None:
    leader, (first, _), _ = sold
    hand_out(first)
    case = ask(first, PICKED + timedelta(hours=1))
    keep(PICKED + WINDOW + timedelta(minutes=5))
    assert stages(leader.id) == (99, 0, 198)
    agree(case, PICKED + WINDOW + timedelta(minutes=6))
    assert stages(leader.id) == (99, 0, 99)
    assert queries.available(rules.commission(leader.id, "settled")) == 99


def test_a_refund_before_the_pickup_lowers_pending(sold: Any) -> None:
    leader, (first, _), _ = sold
    agree(ask(first, CLOSES + timedelta(hours=1)), CLOSES + timedelta(hours=1))
    assert stages(leader.id) == (198, 0, 0)


SUMS = st.builds(Standing, *[st.integers(-(10**6), 10**6)] * 3)


@given(SUMS, SUMS)
def test_bookings_bring_every_account_to_what_is_due(former: Standing, due: Standing) -> None:
    before = rules.changes(bookings(3, Standing(), former, cause_id="1:3", version=0))
    after = rules.changes(bookings(3, former, due, cause_id="1:3", version=1))
    held = {
        stage: before.get(name, 0) + after.get(name, 0)
        for stage in STAGES
        if (name := rules.commission(3, stage))
    }
    assert held == {
        "pending": due.accrued_fen - due.taken_fen,
        "frozen": due.taken_fen - due.settled_fen,
        "settled": due.settled_fen,
    }


@settings(max_examples=10)
@given(st.data())
def test_the_statement_over_a_round_gives_what_the_rule_gives(app: Flask, data: st.DataObject) -> None:
    number = db.session.scalar(select(db.func.count()).select_from(Round)) or 0
    set_commission(Rate(rate_bp=data.draw(st.integers(0, 3333), label="rate")))
    leader = add_leader(f"L{number}")
    round_ = add_round([add_product(add_supplier(f"S{number}"), f"P{number}")], f"C{number}")
    plan = st.tuples(st.integers(1, 50), st.none() | st.integers(0, 4 * 24))
    orders = data.draw(st.lists(plan, min_size=1, max_size=4), label="orders")
    placed = [place(round_, add_resident(leader), {f"P{number}": units}) for units, _ in orders]
    close(app, round_)
    for order, (_, hours) in zip(placed, orders, strict=True):
        if hours is not None:
            hand_out(order, PICKED + timedelta(hours=hours))
    until = PICKED + timedelta(hours=48)
    (found,) = standings.standings(*standings.parts_of(standings.of_round(round_.id)), until=until)
    rows = db.session.execute(
        select(bulk.line_share(), Order.picked_up_at)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.round_id == round_.id)
    )
    assert found.due == standing_of([EarningLine(*row) for row in rows], until)
