"""One reports mould: all buyers of the batch are asked, credited, and the supplier's answer decides."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales import lots, queries, rules
from groupbuy.aftersales.models import LotClaim, LotReply
from groupbuy.aftersales.rules import LotState
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import claiming_lots, deciding_lots, putting_right, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.orders.rules import part_of
from groupbuy.settlements.queries import open_fen
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.building import ACTOR, CLOSES, ZONE
from tests.support.refusals import code_of
from tests.warehouse import day

FOUND = CLOSES + timedelta(days=5)
UNTIL = FOUND + timedelta(days=1)


def claim_on(batch: StockBatch, now: datetime = FOUND) -> LotClaim:
    return in_transaction(
        lambda: claiming_lots.open_claim(
            batch_id=batch.id,
            supplier_code="S1",
            text="箱底发霉",
            until=UNTIL,
            now=now,
            zone=ZONE,
            actor=ACTOR,
        )
    )


def answer(claim: LotClaim, order: Order, bad: int, now: datetime = FOUND) -> LotReply:
    return in_transaction(
        lambda: claiming_lots.answer(
            claim=lots.get_claim(claim.number),
            order_number=order.number,
            bad_units=bad,
            resident_ids=[order.resident_id],
            now=now,
            actor=ACTOR,
        )
    )


def decide(claim: LotClaim, *, accepted: bool, pay_back: bool = False, words: str = "") -> LotClaim:
    return in_transaction(
        lambda: deciding_lots.decide(
            number=claim.number,
            accepted=accepted,
            pay_back=pay_back,
            words=words,
            now=UNTIL + timedelta(hours=1),
            zone=ZONE,
            actor=ACTOR,
        )
    )


def take(claim: LotClaim, taken: dict[int, int] | None, words: str = "", now: datetime = UNTIL) -> LotClaim:
    return in_transaction(
        lambda: deciding_lots.take_answer(
            number=claim.number,
            supplier_ids=[claim.supplier_id],
            taken=taken,
            words=words,
            now=now,
            zone=ZONE,
            actor=ACTOR,
        )
    )


@pytest.fixture
def bought(app: Flask) -> list[Order]:
    """Return orders of 3, 2, 1 and 1 of batch A at ¥9.90 (cost ¥5.00); the last two are of one resident."""
    product = building.add_product(building.add_supplier(), case_size=7)
    leader = building.add_leader()
    people = [building.add_resident(leader, name) for name in ("王女士", "李女士", "张女士")]
    first = building.add_round([product])
    orders = [
        building.place(first, who, {"P1": units})
        for who, units in zip((*people, people[2]), (3, 2, 1, 1), strict=True)
    ]
    building.close(app, first)
    with transaction():
        receiving.receive_goods(
            number=day.order_of(first).number,
            deliveries=[Delivery("P1", 7, batch="A")],
            tolerance_bp=0,
            now=day.ARRIVES,
            actor=ACTOR,
        )
    return orders


def test_what_buyers_say_is_credited_and_paid_back_when_the_supplier_takes_it(
    app: Flask, bought: list[Order]
) -> None:
    """2 of 3 and 1 of 1 are bad: ¥19.80 + ¥9.90 back, 3 × ¥5.00 from the supplier; of 7 × ¥5.00 ¥20 owed."""
    batch = db.session.scalars(select(StockBatch)).one()
    claim = claim_on(batch)
    assert code_of(claim_on, batch) == "already_claimed"
    asked = db.session.scalars(select(Message.recipient).where(Message.event == "lot_claim")).all()
    assert len(asked) == len(set(asked)) == 3

    # The after-sale days are long over; who is asked may answer all the same, once.
    assert answer(claim, bought[0], 2).credit_fen == 1980
    assert answer(claim, bought[0], 2).credit_fen == 1980
    assert code_of(answer, claim, bought[0], 3) == "already_answered"
    assert code_of(answer, claim, bought[1], 3) == "out_of_range"
    answer(claim, bought[1], 0)
    answer(claim, bought[2], 1)
    progress = lots.progress_of(claim.id)
    assert (progress.asked, progress.answered, progress.bad, progress.bad_units) == (4, 3, 2, 3)
    assert progress.credit_fen == 2970
    assert day.stored(bought[0]).amount_fen == 2970
    assert code_of(decide, claim, accepted=True) == "still_asking"
    assert [one.number for one in lots.open_questions(bought[3].id, FOUND)] == [claim.number]

    building.close(app, bought[0].round, UNTIL)
    assert lots.get_claim(claim.number).state == LotState.WITH_SUPPLIER
    assert code_of(answer, claim, bought[3], 1, UNTIL) == "too_late"
    decided = decide(claim, accepted=True, words="供应商承担")
    assert decided.state == LotState.ACCEPTED
    assert code_of(decide, claim, accepted=False, pay_back=True) == "already_decided"
    assert [day.stored(order).amount_fen for order in bought] == [990, 1980, 0, 990]
    assert open_fen(decided.supplier_id, UNTIL + timedelta(days=1)) == 2000
    assert day.wrong() == []


def test_what_the_supplier_refuses_is_paid_back_at_our_own_cost_or_not_at_all(
    app: Flask, bought: list[Order]
) -> None:
    claim = claim_on(db.session.scalars(select(StockBatch)).one())
    taken_back = answer(claim, bought[1], 1).case
    answer(claim, bought[0], 1)
    assert taken_back is not None
    with transaction():
        putting_right.withdraw(case=taken_back, now=FOUND, actor=ACTOR)
    building.close(app, bought[0].round, UNTIL)
    assert code_of(decide, claim, accepted=False) == "required"
    decided = decide(claim, accepted=False, pay_back=True)
    assert decided.state == LotState.REFUSED
    assert [day.stored(order).amount_fen for order in bought] == [1980, 1980, 990, 990]
    assert open_fen(decided.supplier_id, UNTIL + timedelta(days=1)) == 3500
    assert day.wrong() == []


def test_a_claim_ends_by_itself_where_nothing_was_bad(app: Flask, bought: list[Order]) -> None:
    claim = claim_on(db.session.scalars(select(StockBatch)).one())
    answer(claim, bought[0], 0)
    building.close(app, bought[0].round, UNTIL)
    assert lots.get_claim(claim.number).state == LotState.UNFOUNDED
    assert code_of(decide, claim, accepted=True) == "already_decided"


def test_what_a_buyer_takes_back_is_bad_no_more(app: Flask, bought: list[Order]) -> None:
    batch = db.session.scalars(select(StockBatch)).one()
    claim = claim_on(batch)
    case = answer(claim, bought[0], 2).case
    assert case is not None
    with transaction():
        putting_right.withdraw(case=queries.get_case(case.number), now=FOUND, actor=ACTOR)
    progress = lots.progress_of(claim.id)
    assert (progress.answered, progress.bad, progress.bad_units, progress.credit_fen) == (1, 0, 0, 0)
    # Nobody says that anything is bad: there is nothing to ask the supplier.
    assert in_transaction(lambda: claiming_lots.end_asking(claim_id=claim.id, now=UNTIL, zone=ZONE)) == (
        LotState.UNFOUNDED
    )


def test_buyers_are_asked_for_a_month_at_most(app: Flask, bought: list[Order]) -> None:
    batch = db.session.scalars(select(StockBatch)).one()
    assert code_of(claim_on, batch, UNTIL - timedelta(days=30, minutes=1)) == "out_of_range"
    db.session.rollback()
    assert claim_on(batch, UNTIL - timedelta(days=30)).state == LotState.ASKING


def test_a_supplier_takes_over_everything_and_so_has_decided(app: Flask, bought: list[Order]) -> None:
    """2 bad at ¥9.90 back; of 7 × ¥5.00 the supplier is owed ¥25.00; it is written to where it has mail."""
    with transaction():
        db.session.scalars(select(Supplier)).one().email = "s1@example.com"
    claim = claim_on(db.session.scalars(select(StockBatch)).one())
    answer(claim, bought[0], 2)
    assert code_of(take, claim, None) == "unknown_claim"
    building.close(app, bought[0].round, UNTIL)
    letter = db.session.scalars(select(Message).where(Message.recipient == "s1@example.com")).all()[-1]
    assert claim.number in letter.subject
    assert "2 件" in letter.body
    stored = take(claim, None)
    assert stored.state == LotState.ACCEPTED
    assert code_of(take, claim, None) == "already_decided"
    assert [day.stored(order).amount_fen for order in bought] == [990, 1980, 990, 990]
    assert open_fen(stored.supplier_id, UNTIL + timedelta(days=1)) == 2500
    assert day.wrong() == []


@pytest.mark.parametrize(
    ("pay_back", "amounts", "state"),
    [(True, [0, 0, 990, 990], "part_accepted"), (False, [1980, 1980, 990, 990], "part_accepted")],
)
def test_what_a_supplier_takes_over_in_part_is_charged_and_the_rest_decided_by_us(
    app: Flask, bought: list[Order], pay_back: bool, amounts: list[int], state: str
) -> None:
    """3 and 2 bad, 1 of the 3 taken over: ¥5.00 charged; all ¥49.50 back, or only the ¥9.90 of that one."""
    claim = claim_on(db.session.scalars(select(StockBatch)).one())
    answer(claim, bought[0], 3)
    answer(claim, bought[1], 2)
    building.close(app, bought[0].round, UNTIL)
    first, second = (reply.order_line_id for reply in lots.found_bad(lots.get_claim(claim.number)))
    assert code_of(take, claim, {first: 1}, "运输中损坏") == "changed"
    assert code_of(take, claim, {first: 4, second: 0}, "运输中损坏") == "out_of_range"
    assert code_of(take, claim, {first: 1, second: 0}) == "required"
    late = UNTIL + rules.LOT_ANSWER
    assert code_of(take, claim, {first: 1, second: 0}, "运输中损坏", late) == "too_late"
    assert take(claim, {first: 1, second: 0}, "运输中损坏").state == LotState.WITH_SUPPLIER
    assert code_of(take, claim, None) == "already_answered"
    assert code_of(decide, claim, accepted=True) == "supplier_answered"
    decided = decide(claim, accepted=False, pay_back=pay_back, words="其余不赔")
    assert decided.state == state
    assert [day.stored(order).amount_fen for order in bought] == amounts
    assert open_fen(decided.supplier_id, UNTIL + timedelta(days=1)) == 3000
    assert day.wrong() == []


@given(bad=st.dictionaries(st.integers(1, 50), st.integers(1, 500)), data=st.data())
def test_a_supplier_answers_each_line_within_what_is_bad(bad: dict[int, int], data: st.DataObject) -> None:
    taken = {line: data.draw(st.integers(0, units)) for line, units in bad.items()}
    rules.check_taken(taken, bad, "原因")
    ended = rules.outcome(sum(taken.values()), sum(bad.values()))
    assert (ended is LotState.ACCEPTED) == (taken == bad)
    assert (ended is LotState.REFUSED) == (bool(bad) and not any(taken.values()))


@given(price=st.integers(0, 10**6), lines=st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500))))
def test_credits_are_what_the_bad_pieces_cost(price: int, lines: list[tuple[int, int]]) -> None:
    bad = [(quantity, min(units, quantity)) for quantity, units in lines]
    credits_ = [part_of(quantity * price, units, quantity) for quantity, units in bad]
    assert sum(credits_) == price * sum(units for _, units in bad)
    ended = rules.after_asking(sum(units for _, units in bad))
    assert (ended is LotState.UNFOUNDED) == all(units == 0 for _, units in bad)
