"""Campaigns: the rounds in all states, and the plans that they are made from."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select

from groupbuy.analytics.round_figures import rounds_with_figures
from groupbuy.campaigns.listing import by_urgency
from groupbuy.campaigns.models import Campaign, CampaignOffer, Offer, Round, RoundLeader
from groupbuy.campaigns.recurrence import Kind
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders.models import Leader
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked_id,
    by_state,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.admin.round_columns import ROUND_COLUMNS, round_page
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the two lists of campaigns as tabs."""
    pages = ((_("Rounds"), "admin.campaigns"), (_("Campaign plans"), "admin.campaigns_plans"))
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


@blueprint.get("/campaigns")
def campaigns() -> ResponseReturnValue:
    """List rounds, what sells now first."""
    listing = Listing(
        "rounds",
        _("Campaigns"),
        _rounds(),
        ROUND_COLUMNS,
        filters=_round_filters(),
        sorts={"title": Round.title, "opens": Round.opens_at, "closes": Round.closes_at},
        actions=((_("Details"), round_page),),
    )
    return show(
        listing,
        tabs=tabs("admin.campaigns"),
        new=(url_for("admin.campaigns_new"), _("New campaign")),
        empty_text=_("Plan a campaign; its rounds appear here."),
    )


def _rounds() -> Select[*tuple[Any, ...]]:
    statement = rounds_with_figures().order_by(*by_urgency(utc_now()))
    statement = statement.where(*searched(Round.name, Round.title), *in_state(Round.state))
    if category := asked_id("category"):
        sold = select(Offer.id).join(Product, Product.id == Offer.product_id)
        sold = sold.where(Offer.round_id == Round.id, Product.category_id == category)
        statement = statement.where(sold.exists())
    if leader := asked_id("leader"):
        statement = statement.where(_has_leader(leader))
    return statement.where(*within_days(Round.closes_at, "from", "until"))


def _has_leader(leader_id: int) -> Any:
    choice = select(RoundLeader.takes_part).where(
        RoundLeader.round_id == Round.id, RoundLeader.leader_id == leader_id
    )
    return func.coalesce(choice.scalar_subquery(), Round.all_leaders)


def _round_filters() -> list[Filter]:
    categories = db.session.execute(select(Category.id, Category.name).order_by(Category.sort, Category.name))
    leaders = db.session.execute(select(Leader.id, Leader.name).order_by(Leader.code).limit(500))
    filters = [
        Filter("q", _("Title or number")),
        by_state("round"),
        Filter("category", _("Category"), [(row[0], row[1]) for row in categories], _("All categories")),
        Filter("leader", _("Leader"), [(row[0], row[1]) for row in leaders], _("All leaders")),
        Filter("from", _("Day of the cut-off"), until="until"),
    ]
    return [one for one in filters if one.until or one.choices or one.name == "q"]


def plan_page(row: Any) -> str:
    """Return the address of a plan's page."""
    return url_for("admin.campaigns_plan", code=row.Campaign.code)


def how_often(recurrence: Any) -> str:
    """Say in words how a campaign recurs."""
    if not recurrence:
        return _("Once")
    days = "、".join(weekday(number) for number in recurrence.get("weekdays", ()))
    nth = {1: _("first"), 2: _("second"), 3: _("third"), 4: _("fourth"), 5: _("fifth"), -1: _("last")}
    sentences = {
        Kind.ONCE: lambda: _("Once, on %(day)s", day=recurrence["start"]),
        Kind.DAILY: lambda: _("Every day"),
        Kind.WEEKLY: lambda: _("Every week: %(days)s", days=days),
        Kind.EVERY_N_WEEKS: lambda: _(
            "Every %(every)s weeks: %(days)s", every=recurrence["every"], days=days
        ),
        Kind.NTH_WEEKDAY: lambda: _("Every month: %(nth)s %(days)s", nth=nth[recurrence["nth"]], days=days),
    }
    return sentences[Kind(recurrence["kind"])]()


def weekday(number: int) -> str:
    """Return a weekday's name, counted from Monday = 0."""
    names = (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )
    return names[number]


PLAN_COLUMNS = (
    Column(_l("Item code"), lambda row: row.Campaign.code, "code", plan_page, width=18),
    Column(_l("Item name"), lambda row: row.Campaign.name, "name", sort="name", width=26),
    Column(_l("State"), lambda row: row.Campaign.state, "state:campaign"),
    Column(_l("Recurrence"), lambda row: how_often(row.Campaign.recurrence), width=26),
    Column(_l("Cut-off"), lambda row: row.Campaign.closes),
    Column(_l("Products"), lambda row: row.products, "number"),
    Column(_l("Rounds so far"), lambda row: row.rounds, "number"),
    Column(_l("Made on"), lambda row: row.Campaign.created_at, "moment", sort="made", width=17),
)


@blueprint.get("/campaigns/plans")
def campaigns_plans() -> ResponseReturnValue:
    """List plans, the newest first."""
    products = select(func.count()).where(CampaignOffer.campaign_id == Campaign.id).scalar_subquery()
    rounds = select(func.count()).where(Round.campaign_id == Campaign.id).scalar_subquery()
    statement = (
        select(Campaign, products.label("products"), rounds.label("rounds"))
        .where(*searched(Campaign.name, Campaign.code), *in_state(Campaign.state))
        .order_by(Campaign.id.desc())
    )
    listing = Listing(
        "campaigns",
        _("Campaign plans"),
        statement,
        PLAN_COLUMNS,
        filters=(
            Filter("q", _("Name or code")),
            by_state("campaign"),
        ),
        sorts={"name": Campaign.name, "made": Campaign.created_at},
        actions=((_("Details"), plan_page), (_("Copy"), _copy_page)),
    )
    return show(
        listing,
        tabs=tabs("admin.campaigns_plans"),
        new=(url_for("admin.campaigns_new"), _("New campaign")),
        empty_text=_("Plan the first campaign: products, prices, days and leaders."),
    )


def _copy_page(row: Any) -> str:
    return url_for("admin.campaigns_new", copy=row.Campaign.code)
