"""Leaders rest: rounds to come go on without them, rounds that have opened go on with them."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns import attending, service
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.campaigns.queries import get_round, takes_part
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import planning, resting
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Leader
from groupbuy.leaders.resting import rest_days
from groupbuy.leaders.rules import MAX_REST_DAYS, as_ranges
from tests import building
from tests.building import ACTOR, NOW, ZONE
from tests.files import ORDER_COLUMNS, import_text

TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)
LATER = date(2026, 11, 25)


@pytest.fixture
def leader(app: Flask) -> Leader:
    """Return a leader; a daily campaign's rounds are planned: today's is open, pickup is a day later."""
    supplier = building.add_supplier()
    product = building.add_product(supplier)
    leader = building.add_leader()
    daily_campaign(product.id)
    return leader


def daily_campaign(product_id: int, code: str = "DAILY", leader_ids: tuple[int, ...] | None = None) -> None:
    """Publish a campaign that is cut off every day."""
    plan = CampaignPlan(name="每日鲜", recurrence=Recurrence(Kind.DAILY, start=TODAY), leader_ids=leader_ids)
    with transaction():
        offers = [OfferPlan(product_id=product_id, price_fen=990)]
        campaign = service.create_campaign(code=code, plan=plan, offers=offers, now=NOW, actor="test")
        planning.publish(campaign=campaign, now=NOW, zone=ZONE, actor="test")


def rest(leader: Leader, first: date, last: date | None = None) -> dict[str, str | None]:
    """Let a leader rest; return by round why it stays, None where it leaves."""
    with transaction():
        effects = resting.add_rest(leader=leader, first=first, last=last, today=TODAY, now=NOW, actor=ACTOR)
        return {effect.round.name: effect.stays for effect in effects}


def end_rest(leader: Leader, first: date, last: date | None = None) -> list[str]:
    """Take a rest back; return the rounds that the leader takes part in again."""
    with transaction():
        back = resting.end_rest(leader=leader, first=first, last=last, today=TODAY, now=NOW, actor=ACTOR)
        return [round_.name for round_ in back]


def parts(leader: Leader, *names: str) -> list[bool]:
    """Tell for rounds whether the leader takes part."""
    return [takes_part(get_round(name), leader.id) for name in names]


def replan(code: str = "DAILY") -> None:
    """Make the campaign's rounds anew, as an edit does."""
    with transaction():
        campaign = db.session.scalars(select(Campaign).where(Campaign.code == code)).one()
        planning.replan(campaign=campaign, now=NOW, zone=ZONE)


def test_a_leader_leaves_a_round_that_is_handed_out_on_its_rest_day(leader: Leader) -> None:
    assert rest(leader, LATER) == {"DAILY-20261124": None}
    assert parts(leader, "DAILY-20261123", "DAILY-20261124", "DAILY-20261125") == [True, False, True]


def test_other_leaders_go_on(leader: Leader) -> None:
    other = building.add_leader("L2")
    rest(leader, LATER)
    assert parts(other, "DAILY-20261124") == [True]


def test_a_round_that_has_opened_keeps_its_leader_and_its_orders(leader: Leader) -> None:
    order = building.place(get_round("DAILY-20261122"), building.add_resident(leader), {"P1": 1})
    assert rest(leader, TOMORROW) == {"DAILY-20261122": "opened"}
    assert parts(leader, "DAILY-20261122") == [True]
    db.session.refresh(order)
    assert order.state == "confirmed"


def test_a_round_from_a_file_keeps_all_its_leaders(leader: Leader) -> None:
    window = building.Window(building.OPENS + timedelta(days=2), building.CLOSES + timedelta(days=2), LATER)
    product = db.session.scalars(select(building.Product)).one()
    building.add_round([product], "FILE", window=window)
    assert rest(leader, LATER) == {"FILE": "imported", "DAILY-20261124": None}
    assert parts(leader, "FILE") == [True]


def test_rounds_that_are_planned_later_leave_the_leader_out(leader: Leader) -> None:
    rest(leader, LATER, LATER + timedelta(days=1))
    replan()
    assert parts(leader, "DAILY-20261124", "DAILY-20261125", "DAILY-20261126") == [False, False, True]


def test_a_rest_that_is_taken_back_brings_the_leader_back(leader: Leader) -> None:
    rest(leader, LATER, LATER + timedelta(days=1))
    assert end_rest(leader, LATER) == ["DAILY-20261124"]
    assert parts(leader, "DAILY-20261124", "DAILY-20261125") == [True, False]
    assert rest_days(leader.id, since=TODAY) == [LATER + timedelta(days=1)]


def test_a_leader_who_is_not_chosen_does_not_come_back_into_a_campaign(leader: Leader) -> None:
    chosen = building.add_leader("L2")
    product = db.session.scalars(select(building.Product)).one()
    daily_campaign(product.id, "FEW", leader_ids=(chosen.id,))
    for one in (leader, chosen):
        rest(one, LATER)
    assert end_rest(leader, LATER) == ["DAILY-20261124"]
    assert end_rest(chosen, LATER) == ["DAILY-20261124", "FEW-20261124"]


def test_a_rest_twice_is_logged_once(leader: Leader) -> None:
    rest(leader, LATER)
    rest(leader, LATER)
    end_rest(leader, LATER)
    end_rest(leader, LATER)
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb.startswith("leader_rest")))
    assert [(row.verb, row.after) for row in logged] == [
        ("leader_rests", {"days": ["2026-11-25"], "rounds": ["DAILY-20261124"]}),
        ("leader_rest_ended", {"days": ["2026-11-25"], "rounds": ["DAILY-20261124"]}),
    ]


def test_a_look_changes_nothing(leader: Leader) -> None:
    resting.preview_rest(leader=leader, first=LATER, last=None, today=TODAY, now=NOW)
    db.session.rollback()
    assert parts(leader, "DAILY-20261124") == [True]
    assert rest_days(leader.id, since=TODAY) == []


@pytest.mark.parametrize(
    ("first", "last"),
    [(TODAY - timedelta(days=1), None), (LATER, TOMORROW), (TODAY, TODAY + timedelta(days=MAX_REST_DAYS))],
)
def test_a_rest_in_the_past_backwards_or_too_long_is_refused(
    leader: Leader, first: date, last: date | None
) -> None:
    with pytest.raises(BadInput):
        rest(leader, first, last)


def test_a_round_whose_opening_nobody_has_ticked_yet_counts_as_open(leader: Leader) -> None:
    assert get_round("DAILY-20261122").state == "scheduled"
    assert attending.sells_already(get_round("DAILY-20261122"), NOW)


def test_days_become_unbroken_ranges() -> None:
    days = [TODAY, TOMORROW, LATER, TODAY]
    assert as_ranges(days) == [(TODAY, TOMORROW), (LATER, LATER)]


def test_a_leader_with_orders_in_a_round_that_has_not_opened_stays(leader: Leader) -> None:
    resident = building.add_resident(leader)
    row = f"A1,DAILY-20261124,{resident.code},2026-11-24 09:00,P1,2"
    assert import_text("orders", f"{ORDER_COLUMNS}\n{row}").faults == ()
    assert rest(leader, LATER) == {"DAILY-20261124": "ordered"}
    assert db.session.scalars(select(Round.state).where(Round.name == "DAILY-20261124")).one() == "scheduled"
