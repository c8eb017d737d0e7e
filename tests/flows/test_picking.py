"""A leader's own products and prices reach rounds to come, and no others."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns import leader_terms, service
from groupbuy.campaigns.leader_terms import Own
from groupbuy.campaigns.queries import get_round, offers_for_leader
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import picking, planning
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from tests import building
from tests.building import ACTOR, NOW, ZONE

OPEN, NEXT = "DAILY-20261122", "DAILY-20261123"


@pytest.fixture
def leader(app: Flask) -> Leader:
    """Return a leader; of the daily campaign's products P1 and P2 leaders pick the second."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    leader = building.add_leader()
    plan = CampaignPlan(name="每日鲜", recurrence=Recurrence(Kind.DAILY, start=date(2026, 11, 22)))
    offers = [OfferPlan(products[0].id, 990), OfferPlan(products[1].id, 1990, leader_picks=True)]
    with transaction():
        campaign = service.create_campaign(code="DAILY", plan=plan, offers=offers, now=NOW, actor="test")
        planning.publish(campaign=campaign, now=NOW, zone=ZONE, actor="test")
    building.place(get_round(OPEN), building.add_resident(leader), {"P1": 1})
    return leader


def version(code: str = "L1") -> str:
    """Return the version of a leader's terms."""
    campaign = service.get_campaign("DAILY")
    terms = leader_terms.terms_of(campaign_id=campaign.id, leader_id=get_leader(code).id)
    return leader_terms.version_of(terms)


def common(code: str, read: str | None) -> dict[str, Any]:
    """Return what both ways to change the terms want."""
    rest = {"now": NOW, "zone": ZONE, "actor": ACTOR}
    return {
        "campaign": service.get_campaign("DAILY"),
        "leader": get_leader(code),
        "version": version(code) if read is None else read,
    } | rest


def set_terms(terms: dict[str, Own], code: str = "L1", read: str | None = None) -> None:
    """Set terms as an operator does who has read them in a version."""
    with transaction():
        picking.set_terms(terms=terms, **common(code, read))


def pick(*codes: str, code: str = "L1", read: str | None = None) -> None:
    """Pick products as a leader does."""
    with transaction():
        picking.pick_products(product_codes=codes, **common(code, read))


def shelf(name: str, code: str = "L1") -> dict[str, int]:
    """Return what a leader's residents can order in a round, with prices."""
    found = offers_for_leader(round_id=get_round(name).id, leader_id=get_leader(code).id)
    return {offer.product_code: offer.price_fen for offer in found}


def test_an_own_price_is_in_the_rounds_to_come_and_not_in_the_open_one(leader: Leader) -> None:
    set_terms({"P1": Own(price_fen=880)})
    assert (shelf(OPEN), shelf(NEXT)) == ({"P1": 990}, {"P1": 880})


def test_other_leaders_keep_the_campaigns_terms(leader: Leader) -> None:
    building.add_leader("L2")
    set_terms({"P1": Own(offered=False), "P2": Own(offered=True, price_fen=1500)})
    assert shelf(NEXT) == {"P2": 1500}
    assert shelf(NEXT, "L2") == {"P1": 990}


def test_terms_that_are_cleared_are_the_campaigns_again(leader: Leader) -> None:
    set_terms({"P1": Own(offered=False), "P2": Own(offered=True)})
    set_terms({})
    assert shelf(NEXT) == {"P1": 990}


def test_a_leader_picks_and_puts_back_what_leaders_choose(leader: Leader) -> None:
    pick("P2")
    assert shelf(NEXT) == {"P1": 990, "P2": 1990}
    pick()
    assert shelf(NEXT) == {"P1": 990}


def test_picking_never_changes_a_price(leader: Leader) -> None:
    set_terms({"P1": Own(price_fen=880), "P2": Own(price_fen=1500)})
    assert shelf(NEXT) == {"P1": 880}
    pick("P2")
    assert shelf(NEXT) == {"P1": 880, "P2": 1500}
    pick()
    pick("P2")
    assert shelf(NEXT) == {"P1": 880, "P2": 1500}


def test_what_leaders_do_not_choose_cannot_be_picked(leader: Leader) -> None:
    with pytest.raises(BadInput) as refused:
        pick("P1")
    assert refused.value.code == "not_pickable"


def test_a_price_below_zero_or_a_strange_product_is_refused(leader: Leader) -> None:
    for terms in ({"P1": Own(price_fen=-1)}, {"P9": Own(offered=True)}):
        with pytest.raises(BadInput):
            set_terms(terms)


def test_terms_that_somebody_changed_meanwhile_are_not_overwritten(leader: Leader) -> None:
    read = version()
    pick("P2", read=read)
    with pytest.raises(RuleBroken) as refused:
        set_terms({"P1": Own(price_fen=1)}, read=read)
    assert refused.value.code == "changed_meanwhile"
    assert shelf(NEXT) == {"P1": 990, "P2": 1990}


def test_two_leaders_do_not_stand_in_each_others_way(leader: Leader) -> None:
    building.add_leader("L2")
    read = {code: version(code) for code in ("L1", "L2")}
    for code in read:
        pick("P2", code=code, read=read[code])
    assert shelf(NEXT) == shelf(NEXT, "L2") == {"P1": 990, "P2": 1990}


def test_a_leader_who_is_suspended_picks_nothing(leader: Leader) -> None:
    with transaction():
        get_leader("L1").state = "suspended"
    with pytest.raises(RuleBroken) as refused:
        pick("P2")
    assert refused.value.code == "leader_not_taking_part"


def test_a_campaign_that_has_ended_is_not_changed(leader: Leader) -> None:
    with transaction():
        service.end(campaign=service.get_campaign("DAILY"), now=NOW, actor="test")
    with pytest.raises(RuleBroken) as refused:
        set_terms({"P1": Own(price_fen=1)})
    assert refused.value.code == "no_future_rounds"


def test_a_round_from_a_file_is_left_alone(leader: Leader) -> None:
    building.add_round([db.session.scalars(select(building.Product)).first()], "FILE")
    with pytest.raises(RuleBroken), transaction():
        picking.set_terms(terms={}, **common("L1", "x") | {"campaign": service.get_campaign("FILE")})
    assert get_round("FILE").state == "scheduled"


def test_only_what_changed_is_logged(leader: Leader) -> None:
    set_terms({"P1": Own(price_fen=880)})
    set_terms({"P1": Own(True, 880)})
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "leader_terms_set")).all()
    assert [(row.before, row.after) for row in logged] == [
        ({"leader": "L1", "P1": [None, None]}, {"leader": "L1", "P1": [True, 880]})
    ]
