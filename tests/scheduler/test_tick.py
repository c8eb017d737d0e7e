"""A tick does what is due, once, however late it comes and whoever else ticks."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask

from groupbuy.campaigns import lifecycle, service
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import closing, ordering, ticking
from groupbuy.flows.due.step import Step
from groupbuy.jobs import runs
from groupbuy.kernel.errors import RuleBroken
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import Failures, run_steps, tick_until_idle
from groupbuy.scheduler.work import Done
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE

TWO_DAYS = timedelta(days=2)


def tick(app: Flask, now: datetime) -> list[Done]:
    done: list[Done] = []
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=done.append)
    db.session.expire_all()
    return done


def results(kind: str) -> list[str]:
    return [run.result for run in runs.recent(most=1000) if run.kind == kind]


@pytest.fixture
def round_(app: Flask) -> Round:
    return building.add_round([building.add_product(building.add_supplier())])


def test_a_round_opens_and_closes(app: Flask, round_: Round) -> None:
    assert [one.result for one in tick(app, NOW) if one.kind == "open"] == ["opened"]
    tick(app, CLOSES)
    assert round_.state == "closed"
    assert tick(app, CLOSES) == []


def test_a_scheduler_stopped_for_two_days_catches_up(app: Flask, round_: Round) -> None:
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    tick(app, CLOSES + TWO_DAYS)
    assert round_.state == "closed"
    (run,) = [run for run in runs.recent() if run.kind == "close"]
    assert run.ran_at - run.due_at == TWO_DAYS


def test_two_schedulers_open_and_close_each_round_once(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    rounds = [building.add_round([product], f"C{i}") for i in range(6)]

    def tick_in_thread(now: datetime) -> None:
        with app.app_context():
            tick(app, now)

    for now in (NOW, CLOSES):
        threads = [threading.Thread(target=tick_in_thread, args=(now,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    db.session.expire_all()
    assert {db.session.get_one(Round, one.id).state for one in rounds} == {"closed"}
    assert results("open") == ["opened"] * 6
    assert results("close") == ["sealed"] * 6
    assert results("close_round") == ["closed"] * 6


def test_a_step_that_fails_keeps_no_other_from_being_done(
    app: Flask, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = building.add_round([building.add_product(building.add_supplier("S2"), "P2")], "C2")
    perform = ticking.perform

    def fail_for_the_first(step: Step, **options: object) -> str | None:
        if step.ref == round_.id:
            raise ValueError("on purpose")
        return perform(step, **options)

    monkeypatch.setattr(ticking, "perform", fail_for_the_first)
    failures = Failures()
    for _ in range(3):
        done = list(run_steps(now=NOW, zone=ZONE, failures=failures))
        assert [one.result for one in done if one.subject == "C1"] == ["failed: ValueError: on purpose"]
    db.session.expire_all()
    assert db.session.get_one(Round, sound.id).state == "open"
    assert results("open").count("failed") == 1


def test_a_round_extended_at_the_last_moment_stays_open_and_sells(app: Flask, round_: Round) -> None:
    with transaction():
        lifecycle.change_cutoff(name="C1", closes_at=CLOSES + TWO_DAYS, now=NOW, actor="test")
    with transaction():
        assert not closing.seal_round(round_=round_, now=CLOSES)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 1}, now=CLOSES)


def test_a_cancelled_round_is_not_closed(app: Flask, round_: Round) -> None:
    with transaction():
        assert closing.cancel_round(round_=round_, reason="no lorry", now=NOW, actor="test")
    with transaction():
        assert not closing.seal_round(round_=round_, now=CLOSES)
    tick(app, CLOSES)
    assert round_.state == "cancelled"


def test_cancelling_a_closed_round_changes_nothing(app: Flask, round_: Round) -> None:
    tick(app, CLOSES)
    with transaction():
        assert not closing.cancel_round(round_=round_, reason="too late", now=CLOSES, actor="test")
    assert round_.state == "closed"


def test_a_round_that_was_extended_gives_back_the_share_of_unpaid_orders(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    terms = {"min_orders": 1, "below_policy": "extend", "extend_minutes": 60, "max_extensions": 1}
    offers = {"P1": {"per_buyer_limit": 2}}
    round_ = building.add_round([product], offers=offers, payment="prepaid", **terms)
    resident = building.add_resident(building.add_leader())
    building.place(round_, resident, {"P1": 2}, now=CLOSES - timedelta(seconds=1))
    tick(app, CLOSES)
    assert (round_.state, round_.extensions) == ("open", 1)
    order = building.place(round_, resident, {"P1": 2}, now=CLOSES + timedelta(minutes=1))
    with transaction():
        ordering.mark_paid(order=order, now=CLOSES + timedelta(minutes=2), actor=ACTOR)
    tick(app, CLOSES + timedelta(hours=1))
    assert round_.state == "closed"


def test_a_full_round_is_cut_off_and_refuses_orders(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    round_ = building.add_round([product], cap_units=3)
    resident = building.add_resident(building.add_leader())
    building.place(round_, resident, {"P1": 3})
    tick(app, NOW)
    assert (round_.state, round_.closes_at) == ("closed", NOW)
    with pytest.raises(RuleBroken):
        building.place(round_, resident, {"P1": 1})


def test_planning_a_recurring_campaign_twice_makes_each_round_once(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    with transaction():
        plan = service.CampaignPlan("每日鲜", Recurrence(Kind.DAILY, start=NOW.date()))
        offers = [service.OfferPlan(product.id, 990)]
        campaign = service.create_campaign(code="DAY", plan=plan, offers=offers, now=NOW, actor="test")
        service.publish(campaign=campaign, now=NOW, actor="test")
    tick(app, NOW)
    tick(app, NOW)
    names = [row.name for row in db.session.query(Round).order_by(Round.name)]
    assert len(names) == len(set(names)) == 8
