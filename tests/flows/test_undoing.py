"""A hand-out that was a mistake is taken back soon after, and only while nothing has followed from it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.models import Posting
from groupbuy.flows import collecting, following_up, putting_right, undoing
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.orders.models import Order
from groupbuy.payments import books
from groupbuy.pickup import queries as pickups
from groupbuy.pickup.models import Bag
from groupbuy.pickup.parts import Part
from tests.building import ACTOR, ZONE
from tests.delivery.town import T, Town
from tests.warehouse import day

SOON = T + timedelta(minutes=10)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with everything received; Anna's two orders are one bag."""
    town = Town(app)
    town.receive_all()
    return town


def hand_out(town: Town, code: str, now: datetime = T, parts: list[Part] | None = None) -> None:
    leaders = [town.leaders[0].id]
    in_transaction(
        lambda: collecting.verify_pickup(code=code, leader_ids=leaders, now=now, actor=ACTOR, parts=parts)
    )


def bag_code() -> str:
    db.session.rollback()
    return db.session.scalars(select(Bag.code)).one()


def undo(order: Order, now: datetime = SOON, reason: str = "拿错了袋子") -> list[str]:
    def work() -> list[str]:
        found = day.stored(order)
        mine = undoing.handed_with(found) or [found]
        return [
            one.number for one in undoing.undo(orders=mine, reason=reason, now=now, zone=ZONE, actor=ACTOR)
        ]

    return in_transaction(work)


def book(now: datetime) -> None:
    """Bring the books up, as the scheduler does by itself."""
    for round_id in db.session.scalars(select(Round.id)).all():
        in_transaction(lambda round_id=round_id: books.bring_up_round(round_id=round_id, now=now))
        in_transaction(lambda round_id=round_id: settling.book_round(round_id=round_id, now=now))


def sold_fen() -> int:
    db.session.rollback()
    rows = db.session.scalars(select(Posting).where(Posting.cause_kind == "order_sale"))
    return sum(one.amount_fen if one.credit_account == "income:sales" else -one.amount_fen for one in rows)


def test_a_bag_that_went_to_the_wrong_hands_waits_again_and_so_do_the_books(town: Town) -> None:
    """Anna's 5 × ¥9.90 and 4 × ¥20.00 were sold, are not any more, and are again."""
    anna, second = town.orders[0], town.orders[4]
    hand_out(town, bag_code())
    book(T)
    assert sold_fen() == 4950 + 8000
    assert undo(anna) == [anna.number, second.number]
    assert [day.stored(one).state for one in (anna, second)] == ["confirmed", "confirmed"]
    assert sold_fen() == 0
    assert day.wrong() == []
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_pickup_undone")).all()
    assert [(one.subject, (one.after or {})["reason"]) for one in logged] == [
        (anna.number, "拿错了袋子"),
        (second.number, "拿错了袋子"),
    ]
    hand_out(town, bag_code(), SOON)
    book(SOON)
    assert sold_fen() == 4950 + 8000
    assert day.wrong() == []


def test_of_an_order_fetched_in_parts_only_the_last_part_comes_back(town: Town) -> None:
    berta = town.orders[1]
    code = day.stored(berta).pickup_code
    hand_out(town, code, parts=[Part(berta.number, "P1", 1)])
    hand_out(town, code, T + timedelta(minutes=1))
    undo(berta)
    assert day.stored(berta).state == "part_picked_up"
    hand_out(town, code, SOON)
    assert day.stored(berta).state == "picked_up"
    assert day.wrong() == []


def test_a_part_that_was_handed_out_by_mistake_comes_back_and_nothing_else(town: Town) -> None:
    """Anna fetches 2 of her 5, then 1 more by mistake; that comes back, and once more nothing does."""
    anna = town.orders[0]
    code = day.stored(anna).pickup_code
    hand_out(town, code, parts=[Part(anna.number, "P1", 2)])
    hand_out(town, code, T + timedelta(minutes=1), parts=[Part(anna.number, "P1", 1)])
    assert undo(anna) == [anna.number]
    assert day.stored(anna).state == "part_picked_up"
    assert [line.units for line in pickups.left_of([anna.id])] == [3]
    assert refused(lambda: undo(anna)) == "not_handed_out"
    book(SOON)
    assert day.wrong() == []
    hand_out(town, code, SOON)
    assert day.stored(anna).state == "picked_up"


def test_an_order_of_which_the_only_part_comes_back_waits_as_if_nobody_had_come(town: Town) -> None:
    anna = town.orders[0]
    code = day.stored(anna).pickup_code
    hand_out(town, code, parts=[Part(anna.number, "P1", 2)])
    undo(anna)
    assert day.stored(anna).state == "confirmed"
    hand_out(town, code, SOON, parts=[Part(anna.number, "P1", 4)])
    undo(anna, SOON + timedelta(minutes=1))
    hand_out(town, code, SOON + timedelta(minutes=2))
    undo(anna, SOON + timedelta(minutes=3))
    assert day.stored(anna).state == "confirmed"
    assert [line.units for line in pickups.left_of([anna.id])] == [5]
    assert day.wrong() == []


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(GroupbuyError) as error:
        work()
    return error.value.code


def test_it_is_refused_when_it_is_late_or_nothing_was_handed_out(town: Town) -> None:
    berta = town.orders[1]
    assert refused(lambda: undo(berta)) == "not_handed_out"
    hand_out(town, day.stored(berta).pickup_code)
    assert refused(lambda: undo(berta, reason=" ")) == "required"
    assert refused(lambda: undo(berta, reason="x" * 101)) == "required"
    assert refused(lambda: undo(berta, T + undoing.UNDO_WITHIN)) == "too_late"
    undo(berta, T + undoing.UNDO_WITHIN - timedelta(seconds=1))
    assert refused(lambda: undo(berta)) == "not_handed_out"


def test_it_is_refused_once_something_has_followed(town: Town) -> None:
    berta = town.orders[1]
    hand_out(town, day.stored(berta).pickup_code)
    request = Request(Kind.COMPLAINT, Reason.SPOILED, "发霉了", {"P1": 1})
    in_transaction(
        lambda: putting_right.ask(order=day.stored(berta), request=request, now=SOON, zone=ZONE, actor=ACTOR)
    )
    assert refused(lambda: undo(berta)) == "case_opened"


def test_what_counts_as_fetched_by_itself_is_no_hand_out(town: Town) -> None:
    town.plan()
    town.leave("东线")
    town.sign(0, {})
    stop_id, berta = town.stop(0).id, town.orders[1]
    later = T + timedelta(days=3)
    in_transaction(lambda: following_up.confirm(stop_id=stop_id, now=later))
    assert day.stored(berta).state == "picked_up"
    assert refused(lambda: undo(berta, later)) == "not_handed_out"
    assert isinstance(undoing.refusal_of(day.stored(berta), now=later, zone=ZONE), RuleBroken)


def test_the_reason_is_asked_for_before_anything_else(town: Town) -> None:
    with pytest.raises(BadInput, match="Say why"):
        undo(town.orders[1], reason="")
