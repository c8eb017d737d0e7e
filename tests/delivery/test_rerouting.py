"""A leader falls ill: another one hands out its bags of a day, and everything follows to the fen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import missing
from groupbuy.delivery.models import Reroute
from groupbuy.delivery.rules import Decision, Payer
from groupbuy.flows import collecting, rerouting
from groupbuy.flows.signing import Count
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.pickup.models import Bag
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town, units_of_day
from tests.warehouse import day


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its rounds closed and its routes planned."""
    town = Town(app)
    town.plan()
    return town


def _refused(work: Callable[[], object]) -> str:
    with pytest.raises(GroupbuyError) as refused:
        in_transaction(work)
    return refused.value.code


def _leader(leader_id: int) -> Leader:
    return db.session.get_one(Leader, leader_id)


def _reroute(town: Town, old: int = 0, new: int = 2) -> int:
    return _move(town.leaders[old].id, town.leaders[new].id)


def _move(old: int, new: int) -> int:
    row: Reroute = in_transaction(
        lambda: rerouting.reroute(
            day=PICKUP, old=_leader(old), new=_leader(new), reason="团长生病", now=T, actor=ACTOR
        )
    )
    return row.id


def _hand_out(code: str, leader_id: int) -> list[str]:
    handed = in_transaction(
        lambda: collecting.verify_pickup(code=code, leader_ids=[leader_id], now=T, actor=ACTOR)
    )
    return [one.order.number for one in handed]


def _earned(town: Town) -> list[int]:
    db.session.rollback()
    sums = [
        select(func.coalesce(func.sum(CommissionEntry.amount_fen), 0)).where(
            CommissionEntry.leader_id == one.id
        )
        for one in town.leaders
    ]
    return [db.session.scalars(one).one() for one in sums]


def test_all_bags_go_to_another_leader_and_everything_follows(town: Town) -> None:
    first, _second, third = town.leaders
    (code,) = db.session.scalars(select(Bag.code)).all()
    seen = in_transaction(lambda: rerouting.preview(day=PICKUP, old=_leader(first.id), new=_leader(third.id)))
    assert (seen.orders, seen.residents, seen.units, seen.amount_fen, seen.kept) == (3, 2, 11, 14930, 0)
    # 10 % of each line: 495 + 198 + 800; leader 2 has 297 and leader 3 has 200.
    assert _earned(town) == [1493, 297, 200]
    reroute_id = _reroute(town)
    assert _refused(lambda: _reroute(town)) == "nothing_to_move"
    assert _earned(town) == [0, 297, 1693]
    assert units_of_day(PICKUP) == {town.leaders[1].id: 3, third.id: 12}
    assert [(stop.leader.code, stop.position) for stop in town.route("东线").stops] == [("L2", 1)]
    notes = db.session.scalars(select(Message).where(Message.event == "rerouted")).all()
    # Two residents and the leader who hands out.
    assert len({note.recipient for note in notes}) == len(notes) == 3
    assert any(code in note.body for note in notes)
    (whose,) = (note for note in notes if note.recipient == f"leader:{third.id}")
    assert "改由您在团长L3发放：团长生病" in whose.body
    assert _refused(lambda: _hand_out(code, first.id)) == "wrong_pickup_point"
    assert day.wrong() == []

    in_transaction(lambda: rerouting.undo(reroute_id=reroute_id, now=T, actor=ACTOR))
    assert _refused(lambda: rerouting.undo(reroute_id=reroute_id, now=T, actor=ACTOR)) == "already_undone"
    assert _earned(town) == [1493, 297, 200]
    assert day.stored(town.orders[0]).sold_by_id is None
    assert units_of_day(PICKUP)[first.id] == 11
    assert day.wrong() == []

    _reroute(town)
    town.receive_all()
    town.leave("未分线路")
    again = rerouting.delivery.reroutes_of(PICKUP)[0].id
    assert _refused(lambda: rerouting.undo(reroute_id=again, now=T, actor=ACTOR)) == "route_left"
    town.sign(2, {town.offer("P1"): Count(6, "missing")})
    (found,) = missing.discrepancies(day=PICKUP)
    town.decide(found.id, Decision.REFUND, Payer.DRIVER)
    assert len(_hand_out(code, third.id)) == 2
    # Berta, who ordered last, goes without one of two: ¥9.90 and 99 fen less for the leader of now.
    assert _earned(town) == [0, 297, 1594]
    assert day.wrong() == []


def test_what_is_handed_out_at_the_same_moment_stays_or_goes_never_both(app: Flask, town: Town) -> None:
    first, _second, third = town.leaders
    code = day.stored(town.orders[1]).pickup_code
    # The threads must not read the leaders anew in the session of the test.
    old, new = first.id, third.id
    db.session.rollback()

    def hand_out(_attempt: int) -> str:
        with app.app_context():
            try:
                _hand_out(code, old)
            except GroupbuyError as error:
                return error.code
            return "handed out"

    def move(_attempt: int) -> str:
        with app.app_context():
            return str(_move(old, new))

    with ThreadPoolExecutor(3) as pool:
        tries = [pool.submit(hand_out, 1), pool.submit(move, 1), pool.submit(hand_out, 2)]
        results = [one.result() for one in tries]
    berta = day.stored(town.orders[1])
    gone = "handed out" in (results[0], results[2])
    assert (berta.state, berta.leader_id) == (("picked_up", first.id) if gone else ("confirmed", third.id))
    assert {day.stored(order).leader_id for order in (town.orders[0], town.orders[4])} == {third.id}
    assert day.wrong() == []
