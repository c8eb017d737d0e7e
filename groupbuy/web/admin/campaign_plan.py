"""The page of a campaign's plan: what it will do, how residents see it, publishing and ending it."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns import service
from groupbuy.campaigns.models import Campaign, CampaignLeader, CampaignOffer, Round
from groupbuy.campaigns.recurrence import Recurrence
from groupbuy.catalog.models import Product
from groupbuy.catalog.rules import offered_price
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import planning
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.calendar import Calendar, calendar_of
from groupbuy.web.admin.campaigns import how_often
from groupbuy.web.admin.listing import Column, Rows, file_of
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.filters import moment, zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence
from groupbuy.web.kit.pictures import picture_address

ROUNDS = 20

GOODS_COLUMNS = (
    Column(_l("Item code"), lambda row: row.Product.code, "code"),
    Column(_l("Product"), lambda row: row.Product.name, "name"),
    Column(_l("Supplier"), lambda row: row.Product.supplier.name),
    Column(_l("State"), lambda row: row.Product.state, "state:product"),
    Column(_l("Cost"), lambda row: row.Product.cost_fen, "money"),
    Column(_l("Price"), lambda row: row.CampaignOffer.price_fen, "money"),
    Column(_l("Limit"), lambda row: row.CampaignOffer.limit_units, "number"),
    Column(_l("Per person"), lambda row: row.CampaignOffer.per_buyer_limit, "number"),
    Column(_l("Threshold"), lambda row: row.CampaignOffer.min_units, "number"),
)


def _goods(campaign: Campaign) -> Sequence[Any]:
    return db.session.execute(
        select(CampaignOffer, Product)
        .join(Product, Product.id == CampaignOffer.product_id)
        .where(CampaignOffer.campaign_id == campaign.id)
        .options(joinedload(Product.supplier))
        .order_by(CampaignOffer.sort, CampaignOffer.id)
    ).all()


def _calendar(campaign: Campaign) -> Calendar:
    if not campaign.recurrence:
        return Calendar((), (), _("This campaign was imported with its round and does not recur."))
    try:
        return calendar_of(
            Recurrence.from_json(campaign.recurrence),
            opens=campaign.opens,
            closes=campaign.closes,
            open_days_before=campaign.open_days_before,
            pickup_days_after=campaign.pickup_days_after,
        )
    except GroupbuyError as error:
        return Calendar((), (), translate_sentence(error.message))


def _leaders(campaign: Campaign) -> int:
    """Return how many active leaders take part."""
    active = select(func.count()).select_from(Leader).where(Leader.state == "active")
    if not campaign.all_leaders:
        chosen = select(CampaignLeader.leader_id).where(CampaignLeader.campaign_id == campaign.id)
        active = active.where(Leader.id.in_(chosen))
    return db.session.scalar(active) or 0


@blueprint.get("/campaigns/<code>")
def campaigns_plan(code: str) -> ResponseReturnValue:
    """Show a plan."""
    campaign = service.get_campaign(code)
    rounds = select(Round).where(Round.campaign_id == campaign.id).order_by(Round.closes_at.desc())
    goods = _goods(campaign)
    table = Rows(_("Goods of the campaign"), GOODS_COLUMNS, goods)
    return file_of(f"campaign-{code}", table) or render_template(
        "admin/campaign.html",
        campaign=campaign,
        goods=goods,
        goods_columns=GOODS_COLUMNS,
        calendar=_calendar(campaign),
        leaders=_leaders(campaign),
        recurrence=how_often(campaign.recurrence),
        rounds=db.session.scalars(rounds.limit(ROUNDS)).all(),
    )


@blueprint.get("/campaigns/<code>/preview")
def campaigns_preview(code: str) -> ResponseReturnValue:
    """Show the goods as residents will see them."""
    campaign = service.get_campaign(code)
    calendar = _calendar(campaign)
    cards = [_card(row.CampaignOffer, row.Product) for row in _goods(campaign)]
    return render_template("admin/preview.html", campaign=campaign, cards=cards, calendar=calendar)


def _card(offer: CampaignOffer, product: Product) -> dict[str, Any]:
    facts = []
    if offer.per_buyer_limit:
        facts.append(_("at most %(limit)s per person", limit=offer.per_buyer_limit))
    return {
        "key": product.code,
        "name": product.name,
        **offered_price(offer.price_fen, *product.weight_terms),
        "list_fen": offer.list_price_fen,
        "note": " · ".join(text for text in (product.spec, product.description) if text),
        "picture": picture_address(product.picture),
        "tint": product.id,
        "sold": 0,
        "limit": offer.limit_units,
        "needed": offer.min_units,
        "facts": " · ".join(facts),
    }


@blueprint.route("/campaigns/<code>/publish", methods=["GET", "POST"])
def campaigns_publish(code: str) -> ResponseReturnValue:
    """Say what publishing does, and do it."""
    campaign = service.get_campaign(code)
    form = PageForm()
    if form.validate_on_submit() and (names := _publish(form, code)) is not None:
        flash(
            ngettext(
                "Published: %(num)s round is planned.", "Published: %(num)s rounds are planned.", len(names)
            ),
            "ok",
        )
        return redirect(url_for("admin.campaigns_plan", code=code), 303)
    goods, calendar = _goods(campaign), _calendar(campaign)
    on_shelf = sum(row.Product.state == "on_shelf" for row in goods)
    sentences = [
        ngettext("%(num)s product is offered.", "%(num)s products are offered.", on_shelf),
        ngettext("%(num)s leader takes part.", "%(num)s leaders take part.", _leaders(campaign)),
        how_often(campaign.recurrence),
    ]
    if calendar.windows:
        first = calendar.windows[0]
        window = {"opens": moment(first.opens_at), "closes": moment(first.closes_at)}
        sentences.append(_("The first round sells from %(opens)s until %(closes)s.", **window))
    if len(goods) > on_shelf:
        sentences.append(
            _("%(num)s products are not on the shelf and are left out.", num=len(goods) - on_shelf)
        )
    return _confirm(_("Publish %(name)s?", name=campaign.name), sentences, campaign, _("Publish"), form)


def _publish(form: PageForm, code: str) -> list[str] | None:
    try:
        return in_transaction(
            lambda: planning.publish(
                campaign=service.get_campaign(code), now=utc_now(), zone=zone(), actor=actor().name
            )
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return None


@blueprint.route("/campaigns/<code>/end", methods=["GET", "POST"])
def campaigns_end(code: str) -> ResponseReturnValue:
    """Say what ending does, and do it."""
    campaign = service.get_campaign(code)
    form = PageForm()
    if form.validate_on_submit():
        who = actor().name
        in_transaction(lambda: service.end(campaign=service.get_campaign(code), now=utc_now(), actor=who))
        flash(_("The campaign has ended."), "ok")
        return redirect(url_for("admin.campaigns_plan", code=code), 303)
    sentences = [
        _("No further rounds are planned."),
        _("Rounds that are planned or open go on; cancel those on their own pages."),
        _("It cannot be published again; copy it for a new one."),
    ]
    return _confirm(_("End %(name)s?", name=campaign.name), sentences, campaign, _("End the campaign"), form)


def _confirm(
    question: str, sentences: list[str], campaign: Campaign, deed: str, form: PageForm
) -> ResponseReturnValue:
    return ask_first(
        "admin",
        question,
        sentences,
        deed=deed,
        back=url_for("admin.campaigns_plan", code=campaign.code),
        form=form,
        danger=request.path.endswith("/end"),
    )
