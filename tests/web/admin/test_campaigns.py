"""Planning a campaign: goods added and pasted, saved, met by somebody else's change, published."""

import re
from typing import Any

from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Campaign, CampaignOffer, Round
from groupbuy.db import db
from tests.web.admin.people import Town

NEW = "/admin/campaigns/new"
EDIT = "/admin/campaigns/GB1/edit"


def typed(**changes: Any) -> dict[str, Any]:
    """Return a form as an operator fills it in."""
    schedule = {"kind": "once", "start": "2026-11-23", "opens": "08:00", "closes": "22:00", "nth": "1"}
    terms = {"payment": "to_leader", "surplus_policy": "surplus", "below_policy": "cancel", "leaders": "all"}
    goods = {
        "goods-0-code": "P1",
        "goods-0-price_fen": "9.90",
        "goods-1-code": "P2",
        "goods-1-price_fen": "￥4.5",
    }
    head = {"version": "0", "code": "GB1", "name": "周一果蔬", "do": "save"}
    return schedule | terms | goods | head | changes


def campaign() -> Campaign:
    """Return the campaign as it is stored."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Campaign).where(Campaign.code == "GB1")).one()


def test_a_campaign_of_several_products_is_planned_and_published(town: Town) -> None:
    saved = town.operator.post(NEW, **typed())
    assert (saved.status_code, saved.location) == (303, "/admin/campaigns/GB1")
    stored = select(CampaignOffer.price_fen).where(CampaignOffer.campaign_id == campaign().id)
    assert sorted(db.session.scalars(stored)) == [450, 990]
    assert "周一果蔬" in town.operator.text("/admin/campaigns/GB1/publish")
    assert town.operator.post("/admin/campaigns/GB1/publish").status_code == 303
    assert db.session.scalars(select(Round.state).where(Round.name == "GB1")).one() == "scheduled"
    actors = db.session.scalars(select(AuditEntry.actor).where(AuditEntry.subject == "GB1")).all()
    assert any(actor.startswith("account:") for actor in actors)


def test_rows_are_pasted_from_a_spreadsheet_and_faults_named(town: Town) -> None:
    form = {key: value for key, value in typed().items() if not key.startswith("goods")}
    pasted = "编号\t价格\t库存\nP1\t8.80\t50\nNOPE\t1\nP2\tabc\n"
    page = town.operator.post(NEW, **form | {"do": "paste", "paste": pasted}).get_data(as_text=True)
    assert 'value="8.80"' in page
    assert "NOPE" in page
    assert "abc" in page


def test_rows_still_in_the_box_are_saved_too_or_their_faults_named(town: Town) -> None:
    form = {key: value for key, value in typed(do="save").items() if not key.startswith("goods")}
    faulty = town.operator.post(NEW, **form | {"paste": "P1\t8.80\nNOPE\t1"})
    assert (faulty.status_code, "NOPE" in faulty.get_data(as_text=True)) == (422, True)
    assert db.session.scalar(select(Campaign.id).where(Campaign.code == "GB1")) is None
    assert town.operator.post(NEW, **form | {"paste": "P1\t8.80\nP2\t\t5"}).status_code == 303
    stored = select(CampaignOffer.price_fen).where(CampaignOffer.campaign_id == campaign().id)
    prices = db.session.scalars(stored).all()
    assert (len(prices), 880 in prices) == (2, True)


def test_a_product_is_added_and_removed_without_saving(town: Town) -> None:
    form = {key: value for key, value in typed().items() if not key.startswith("goods-1")}
    added = town.operator.post(NEW, **form | {"do": "add:P2"}).get_data(as_text=True)
    assert 'value="remove:P2"' in added
    removed = town.operator.post(NEW, **typed(do="remove:P1")).get_data(as_text=True)
    assert 'value="remove:P1"' not in removed
    assert db.session.scalar(select(Campaign.id).where(Campaign.code == "GB1")) is None


def test_faults_stand_beside_their_fields_and_keep_what_was_typed(town: Town) -> None:
    answer = town.operator.post(NEW, **typed(name="", closes="25:99") | {"goods-0-price_fen": "9.999"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="9.999"' in page
    assert 'value="25:99"' in page
    assert "请填写活动标题" in page


def test_a_weekly_campaign_without_a_day_is_refused(town: Town) -> None:
    assert town.operator.post(NEW, **typed(kind="weekly")).status_code == 422
    assert town.operator.post(NEW, **typed(kind="weekly", weekdays=["0", "4"])).status_code == 303


def test_a_change_by_somebody_else_is_shown_and_can_be_overwritten(town: Town) -> None:
    town.operator.post(NEW, **typed())
    version = str(campaign().version)
    assert town.operator.post(EDIT, **typed(version=version, name="甲")).status_code == 303
    second = town.operator.post(EDIT, **typed(version=version, name="乙"))
    assert second.status_code == 409
    page = second.get_data(as_text=True)
    assert "张晓梅" in page
    assert 'value="乙"' in page
    assert campaign().name == "甲"
    town.operator.post(EDIT, **typed(version=version, name="乙", do="overwrite"))
    assert campaign().name == "乙"


def test_an_empty_campaign_is_not_published(town: Town) -> None:
    form = {key: value for key, value in typed().items() if not key.startswith("goods")}
    town.operator.post(NEW, **form)
    assert town.operator.post("/admin/campaigns/GB1/publish").status_code == 422
    assert campaign().state == "draft"


def test_a_copy_starts_from_the_former_plan_under_another_code(town: Town) -> None:
    town.operator.post(NEW, **typed())
    page = town.operator.text(f"{NEW}?copy=GB1")
    assert 'value="周一果蔬"' in page
    assert 'value="GB1"' not in page


def test_a_published_campaign_ends(town: Town) -> None:
    town.operator.post(NEW, **typed(kind="daily"))
    town.operator.post("/admin/campaigns/GB1/publish")
    assert town.operator.post("/admin/campaigns/GB1/end").status_code == 303
    assert campaign().state == "ended"


def test_freight_is_set_kept_in_the_form_and_checked(town: Town) -> None:
    town.operator.post(NEW, **typed(freight_fen="12", freight_shared="yes"))
    assert (campaign().freight_fen, campaign().freight_shared) == (1200, True)
    assert re.search(r'name="freight_fen"[^>]*value="12.00"', town.operator.text(EDIT))
    version = str(campaign().version)
    both = typed(version=version, freight_fen="12", freight_shared="yes", freight_free_from_fen="50")
    answer = town.operator.post(EDIT, **both)
    assert answer.status_code == 422
    assert "只有按单收取的运费才能设满额免运费" in answer.get_data(as_text=True)
