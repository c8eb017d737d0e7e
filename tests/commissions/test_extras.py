"""Rewards for leaders whom a leader has brought, and bonuses: agreed at the close, then as the lines go."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.accounts import queries as accounts
from groupbuy.analytics import invariants_ledger
from groupbuy.commissions import bonuses, extras
from groupbuy.commissions.models import CampaignBonus, CommissionExtra
from groupbuy.commissions.rules import Rate, Standing, bookings, reached
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import calling_off
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.leaders import referring
from groupbuy.leaders import service as leaders
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from tests import building
from tests.building import CLOSES, NOW, OPENS
from tests.money import PICKED, SETTLED, dial, hand_out, keep

STAGES = ("pending", "frozen", "settled")
FEN = st.integers(0, 10**9)


@dataclass
class Family:
    """L1 has brought L2, who has brought L3; L3 sells 2 and 1 units at ¥9.90 and L2 3."""

    leaders: list[Leader]
    orders: list[Order]
    campaign_id: int

    def stages(self, place: int) -> tuple[int, ...]:
        """Return what a leader's books say of its commission."""
        db.session.rollback()
        leader_id = self.leaders[place].id
        return tuple(queries.balance(rules.commission(leader_id, stage)) for stage in STAGES)


def broken() -> list[str]:
    found = [one.run() for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST)]
    return [one.name for one in found if one.violations]


def refer(leader: Leader, code: str | None) -> None:
    leader_id = leader.id
    in_transaction(
        lambda: referring.refer(
            leader=db.session.get_one(Leader, leader_id), referrer_code=code, now=NOW, actor="test"
        )
    )


@pytest.fixture
def family(app: Flask) -> Family:
    dial(referral_bp=150, referral_2_bp=50)
    leaders = [building.add_leader(f"L{number}") for number in (1, 2, 3)]
    refer(leaders[1], "L1")
    refer(leaders[2], "L2")
    building.set_commission(Rate(rate_bp=1000))
    round_ = building.add_round([building.add_product(building.add_supplier())])
    early = OPENS - timedelta(days=1)
    for measure, target, bonus in (("turnover", 2970, 500), ("units", 4, 700)):
        in_transaction(
            lambda measure=measure, target=target, bonus=bonus: bonuses.add_bonus(  # type: ignore[misc] # mypy cannot tell its type.
                campaign=round_.campaign,
                measure=measure,
                target=target,
                bonus_fen=bonus,
                now=early,
                actor="test",
            )
        )
    wants = ((leaders[2], 2), (leaders[2], 1), (leaders[1], 3))
    orders = [building.place(round_, building.add_resident(leader), {"P1": n}) for leader, n in wants]
    building.close(app, round_)
    return Family(leaders, [db.session.get_one(Order, one.id) for one in orders], round_.campaign_id)


def test_a_reward_and_a_bonus_go_from_pending_to_settled_with_the_sellers_lines(family: Family) -> None:
    # L1: 1.5 % of ¥29.70 of L2, rounded by line, 0.5 % of ¥19.80 and of ¥9.90 of L3. L2: 10 % of its own,
    # 1.5 % of L3's two lines, and the bonus of ¥5.00.
    assert family.stages(0) == (45 + 10 + 5, 0, 0)
    assert family.stages(1) == (297 + 30 + 15 + 500, 0, 0)
    assert family.stages(2) == (297 + 500, 0, 0)
    hand_out(family.orders[0])
    keep(PICKED + timedelta(minutes=5))
    assert family.stages(0) == (45 + 5, 10, 0)
    hand_out(family.orders[1])
    keep(PICKED + timedelta(minutes=10))
    assert family.stages(2) == (0, 297 + 500, 0)
    keep(SETTLED)
    assert family.stages(0) == (45, 0, 15)
    assert family.stages(1) == (297 + 500, 0, 45)
    assert family.stages(2) == (0, 0, 297 + 500)
    assert keep(SETTLED + timedelta(minutes=6)) == 0
    assert [
        one for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST) if one.run().violations
    ] == []


def test_a_round_called_off_takes_every_reward_and_bonus_back(family: Family) -> None:
    round_id = family.orders[0].round_id
    in_transaction(
        lambda: calling_off.call_off(
            round_=db.session.get_one(Order, family.orders[0].id).round,
            reason="停电",
            now=CLOSES + timedelta(hours=1),
            actor=building.ACTOR,
        )
    )
    keep(CLOSES + timedelta(hours=2))
    assert [family.stages(place) for place in range(3)] == [(0, 0, 0)] * 3
    assert db.session.query(CommissionExtra).filter_by(round_id=round_id).count() == 7
    assert [
        one for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST) if one.run().violations
    ] == []


def test_terms_stand_from_the_close_and_a_promise_from_the_opening(app: Flask, family: Family) -> None:
    (bonus, other) = bonuses.bonuses_of(family.campaign_id)
    assert (bonus.measure, other.measure) == ("turnover", "units")
    round_ = db.session.get_one(Order, family.orders[0].id).round
    in_transaction(
        lambda: bonuses.end_bonus(campaign=round_.campaign, bonus_id=bonus.id, now=CLOSES, actor="test")
    )
    assert [one.measure for one in bonuses.bonuses_of(family.campaign_id)] == ["units"]
    assert len(bonuses.bonuses_in(db.session.get_one(Order, family.orders[0].id).round)) == 2
    dial(referral_bp=0)
    in_transaction(lambda: extras.agree(db.session.get_one(Order, family.orders[0].id).round))
    rates = db.session.query(CommissionExtra.rate_bp).filter_by(kind="referral").all()
    assert {row[0] for row in rates} == {150}
    assert db.session.query(CampaignBonus).count() == 2


def test_a_bonus_needs_a_target_and_belongs_to_its_campaign(family: Family) -> None:
    campaign = db.session.get_one(Order, family.orders[0].id).round.campaign
    usual = {"campaign": campaign, "now": NOW, "actor": "test"}
    for wrong in (
        {"measure": "luck", "target": 1, "bonus_fen": 1},
        {"measure": "units", "target": 0, "bonus_fen": 1},
        {"measure": "units", "target": 1, "bonus_fen": -1},
    ):
        with pytest.raises(BadInput):
            bonuses.add_bonus(**usual, **wrong)  # type: ignore[arg-type] # Wrong on purpose.
    with pytest.raises(NotFound):
        bonuses.end_bonus(**usual, bonus_id=99)  # type: ignore[arg-type] # As above.


@pytest.mark.check(35)
def test_nobody_brings_the_own_self_and_no_circle_closes(family: Family) -> None:
    first, second, third = family.leaders
    account = accounts.get_account(first.account_id)
    twin = in_transaction(lambda: leaders.leader_for(account=account, name="二店", code="L9", now=NOW))
    for leader, code, error in (
        (first, "L1", "own_referral"),
        (twin, "L1", "own_referral"),
        (first, "L2", "referral_circle"),
        (first, "L3", "referral_circle"),
        (twin, "L3", "referral_circle"),
    ):
        with pytest.raises(RuleBroken) as caught:
            refer(leader, code)
        db.session.rollback()
        assert caught.value.code == error
    refer(third, None)
    refer(first, "L3")
    assert [one.code for one in referring.referred_by(third.id)] == ["L1"]
    assert referring.referrer_of(second.id) == db.session.get_one(Leader, first.id)


@given(
    sums=st.tuples(FEN, FEN, FEN).map(lambda parts: sorted(parts, reverse=True)),
    target=st.integers(1, 10**9),
    bonus=FEN,
)
def test_a_bonus_is_whole_or_nothing_and_never_ahead_of_its_lines(
    sums: list[int], target: int, bonus: int
) -> None:
    stood = reached(Standing(*sums), target, bonus)
    assert stood.accrued_fen >= stood.taken_fen >= stood.settled_fen
    assert {stood.accrued_fen, stood.taken_fen, stood.settled_fen} <= {0, bonus}


@given(stands=st.lists(st.tuples(FEN, FEN, FEN), min_size=1, max_size=6))
def test_whatever_the_order_of_changes_the_books_end_at_what_is_due(
    stands: list[tuple[int, int, int]],
) -> None:
    former, booked = Standing(), []
    for version, values in enumerate(stands):
        due = Standing(*values)
        booked += bookings(7, former, due, cause_id="1", version=version, cause_kind=extras.CAUSE)
        former = due
    sums = rules.changes(booked)
    accrued, taken, settled = stands[-1]
    assert tuple(sums.get(rules.commission(7, stage), 0) for stage in STAGES) == (
        accrued - taken,
        taken - settled,
        settled,
    )
    assert len({one.key for one in booked}) == len(booked)
