"""The operator's page of a leader's own products and prices, and the leader's page of its choice."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.campaigns import service
from groupbuy.campaigns.models import CampaignOfferLeader
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import planning
from tests.building import NOW, ZONE
from tests.web.admin.people import Person, Town, sign_in

PAGE = "/admin/campaigns/DAILY/leaders/L1"
VERSION = re.compile(r'name="version"[^>]*value="([^"]+)"')


@pytest.fixture
def daily(town: Town) -> Town:
    """Return the town with a daily campaign of whose products leaders choose the second."""
    plan = CampaignPlan(name="每日鲜", recurrence=Recurrence(Kind.DAILY, start=date(2026, 11, 23)))
    offers = [OfferPlan(town.products[0].id, 990), OfferPlan(town.products[1].id, 1990, leader_picks=True)]
    with transaction():
        campaign = service.create_campaign(code="DAILY", plan=plan, offers=offers, now=NOW, actor="test")
        planning.publish(campaign=campaign, now=NOW, zone=ZONE, actor="test")
    return town


def fields(version: str, *rows: tuple[str, str, str], **more: str) -> dict[str, Any]:
    """Return the form of rows of code, choice and price."""
    sent = {"version": version} | more
    for number, (code, offered, price) in enumerate(rows):
        row = {"code": code, "offered": offered, "price_fen": price}
        sent |= {f"terms-{number}-{name}": value for name, value in row.items()}
    return sent


def version_on(person: Person, page: str = PAGE) -> str:
    """Return the version that a page was read in."""
    found = VERSION.search(person.text(page))
    assert found is not None
    return found[1]


def own() -> list[tuple[bool, int | None]]:
    """Return what is stored of own terms."""
    db.session.rollback()
    columns = select(CampaignOfferLeader.offered, CampaignOfferLeader.price_fen)
    rows = db.session.execute(columns.order_by(CampaignOfferLeader.campaign_offer_id))
    return [(row[0], row[1]) for row in rows]


def test_own_prices_are_saved_and_cleared(daily: Town) -> None:
    form = fields(version_on(daily.operator), ("P1", "", "8.80"), ("P2", "yes", ""), do="save")
    assert daily.operator.post(PAGE, **form).status_code == 303
    assert own() == [(True, 880), (True, None)]
    page = daily.operator.text(PAGE)
    assert 'value="8.80"' in page
    cleared = daily.operator.post(PAGE, **form | {"do": "clear"}).get_data(as_text=True)
    assert 'value="8.80"' not in cleared
    form = fields(version_on(daily.operator), ("P1", "", ""), ("P2", "", ""), do="save")
    assert daily.operator.post(PAGE, **form).status_code == 303
    assert own() == []


def test_pasted_rows_are_taken_over_and_faults_are_shown(daily: Town) -> None:
    rows = (("P1", "", ""), ("P2", "", ""))
    form = fields(version_on(daily.operator), *rows, do="paste", paste="P2\t15.00\nP7\t1")
    page = daily.operator.post(PAGE, **form).get_data(as_text=True)
    assert 'value="15.00"' in page
    assert "P7" in page
    assert own() == []


def test_a_price_that_is_none_is_refused_beside_its_field(daily: Town) -> None:
    form = fields(version_on(daily.operator), ("P1", "", "-1"), ("P2", "", ""), do="save")
    assert daily.operator.post(PAGE, **form).status_code == 422


def test_who_saves_over_anothers_change_is_told_and_may_insist(daily: Town) -> None:
    stale = version_on(daily.operator)
    form = fields(stale, ("P1", "", "8.80"), ("P2", "", ""), do="save")
    assert daily.operator.post(PAGE, **form).status_code == 303
    form = fields(stale, ("P1", "", "7.70"), ("P2", "", ""), do="save")
    answer = daily.operator.post(PAGE, **form)
    assert answer.status_code == 409
    assert 'value="overwrite"' in answer.get_data(as_text=True)
    assert daily.operator.post(PAGE, **form | {"do": "overwrite"}).status_code == 303
    assert own() == [(True, 770)]


def test_the_plan_leads_to_its_leaders(daily: Town) -> None:
    assert "/admin/campaigns/DAILY/leaders" in daily.operator.text("/admin/campaigns/DAILY")
    assert PAGE in daily.operator.text("/admin/campaigns/DAILY/leaders")


def test_a_leader_chooses_products_but_no_prices(daily: Town) -> None:
    daily.app.config["WTF_CSRF_ENABLED"] = False
    leader = sign_in(daily.app, db.session.get_one(Account, daily.leader.account_id), "leader")
    assert "每日鲜" in leader.text("/leader/picks")
    page = "/leader/picks/DAILY"
    sent = {"version": version_on(leader, page), "product": "P2", "price_fen": "1"}
    assert leader.client.post(page, data=sent).status_code == 303
    assert own() == [(True, None)]
    refused = leader.client.post(page, data=sent)
    assert refused.status_code == 409
    assert leader.get("/leader/picks/C1").status_code == 404
