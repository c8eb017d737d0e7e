"""Several who book commission at once: each figure is booked once, and on what is true when it is written."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from groupbuy.analytics import invariants_ledger
from groupbuy.commissions import extras, settling, standings
from groupbuy.commissions.models import CommissionExtra, CommissionStanding
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries, rules
from groupbuy.kernel.errors import RunAgain
from groupbuy.orders.models import Order
from tests import building
from tests.commissions.test_extras import refer
from tests.money import PICKED, dial, hand_out, keep

MANY = 6
LATER = PICKED + timedelta(minutes=6)


@pytest.fixture
def orders(app: Flask) -> list[Order]:
    """Return the orders of L2, whom L1 has brought, of a closed round: three of 2 units at ¥9.90."""
    dial(referral_bp=150)
    first, second = building.add_leader("L1"), building.add_leader("L2")
    refer(second, first.code)
    building.set_commission(Rate(rate_bp=1000))
    round_ = building.add_round([building.add_product(building.add_supplier())])
    placed = [building.place(round_, building.add_resident(second), {"P1": 2}) for _ in range(3)]
    building.close(app, round_)
    return [db.session.get_one(Order, one.id) for one in placed]


def stages(leader_id: int) -> list[int]:
    db.session.rollback()
    names = ("pending", "frozen", "settled")
    return [queries.balance(rules.commission(leader_id, name)) for name in names]


def broken() -> list[str]:
    found = [one.run() for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST)]
    return [one.name for one in found if one.violations]


def stale(app: Flask, read: Callable[[], Sequence[Any]], store: Callable[[Sequence[Any]], None]) -> list[str]:
    """Let many read the same figures, each on a connection of its own, and only then write them down."""
    all_have_read = Barrier(MANY)

    def run(_: int) -> str:
        with app.app_context():
            found = read()
            db.session.rollback()
            all_have_read.wait()
            try:
                with transaction():
                    store(found)
            except RunAgain:
                return "look again"
            return "booked"

    db.session.rollback()
    with ThreadPoolExecutor(MANY) as pool:
        return sorted(pool.map(run, range(MANY)))


def test_of_many_with_the_same_standings_one_writes_them_down(app: Flask, orders: list[Order]) -> None:
    round_id = orders[0].round_id
    hand_out(orders[0])

    def read() -> Sequence[Any]:
        (part,) = standings.parts_of(standings.of_round(round_id))
        return [one for one in standings.standings(part, until=PICKED) if one.due != one.booked]

    before = db.session.query(CommissionStanding.version).scalar()
    assert stale(app, read, standings.store_standings) == ["booked"] + ["look again"] * (MANY - 1)
    db.session.rollback()
    assert db.session.query(CommissionStanding.version).scalar() == before + 1


def test_of_many_with_the_same_extras_one_writes_them_down(app: Flask, orders: list[Order]) -> None:
    round_id = orders[0].round_id
    hand_out(orders[0])

    def read() -> Sequence[Any]:
        (part,) = standings.parts_of(standings.of_round(round_id))
        return extras.changed(part, until=PICKED)

    before = db.session.query(CommissionExtra.version).scalar()
    assert stale(app, read, extras.store) == ["booked"] + ["look again"] * (MANY - 1)
    db.session.rollback()
    extra = db.session.query(CommissionExtra).one()
    assert (extra.version, extra.taken_fen) == (before + 1, 30)


def test_nothing_is_booked_twice_or_lost_by_many_who_book_while_orders_are_handed_out(
    app: Flask, orders: list[Order]
) -> None:
    round_id, seller, codes = orders[0].round_id, orders[0].leader_id, [one.id for one in orders]
    referrer = db.session.query(CommissionExtra.leader_id).scalar()
    start = Barrier(2 * len(codes))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            if place < len(codes):
                hand_out(db.session.get_one(Order, codes[place]))
            else:
                in_transaction(lambda: settling.book_round(round_id=round_id, now=LATER))

    db.session.rollback()
    with ThreadPoolExecutor(2 * len(codes)) as pool:
        list(pool.map(run, range(2 * len(codes))))
    keep(LATER)
    assert (stages(seller), stages(referrer)) == ([0, 3 * 198, 0], [0, 3 * 30, 0])
    keep(PICKED + timedelta(days=2, minutes=10))
    assert (stages(seller), stages(referrer)) == ([0, 0, 3 * 198], [0, 0, 3 * 30])
    assert broken() == []
