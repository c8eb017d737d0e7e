"""The editor of a campaign. Every button works without JavaScript: the page comes back as it was typed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms.fields import SelectChoice

from groupbuy.audit.queries import entries_of
from groupbuy.campaigns import service
from groupbuy.campaigns.models import Campaign, CampaignLeader, CampaignOffer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import planning
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Community, Leader
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.calendar import preview
from groupbuy.web.admin.campaign_forms import CampaignForm
from groupbuy.web.admin.campaign_goods import STEPS, found_for, paste_rows, products_of
from groupbuy.web.admin.campaign_typed import filled, offers_of, plan_of, recurrence_of
from groupbuy.web.admin.campaigns import weekday
from groupbuy.web.admin.goods_paste import PasteFault
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.filters import today, zone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import ngettext, translate_sentence

CONFLICT = "changed_meanwhile"


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
def campaigns_new() -> ResponseReturnValue:
    """Plan a campaign from nothing, or from a copy of a former one."""
    values = _defaults()
    if (source := request.args.get("copy")) and request.method == "GET":
        values |= _stored(service.get_campaign(source)) | {"code": values["code"], "version": "0"}
        values |= {"start": values["start"] if values["kind"] != "once" else _defaults()["start"]}
    return _editor(_form(values), None)


@blueprint.route("/campaigns/<code>/edit", methods=["GET", "POST"])
def campaigns_edit(code: str) -> ResponseReturnValue:
    """Change a plan; what is sold already stays as it was."""
    campaign = service.get_campaign(code)
    return _editor(_form(_stored(campaign)), campaign)


def _defaults() -> dict[str, Any]:
    prefix = f"GB{today():%Y%m%d}-"
    count = db.session.scalar(
        select(func.count()).select_from(Campaign).where(Campaign.code.startswith(prefix, autoescape=True))
    )
    return {
        "code": f"{prefix}{(count or 0) + 1:02d}",
        "kind": "once",
        "start": today() + timedelta(days=1),
        "every": 2,
        "opens": "08:00",
        "closes": "22:00",
        "open_days_before": 0,
        "pickup_days_after": 1,
        "nth": 1,
    }


def _stored(campaign: Campaign) -> dict[str, Any]:
    goods = db.session.execute(
        select(CampaignOffer, Product.code)
        .join(Product, Product.id == CampaignOffer.product_id)
        .where(CampaignOffer.campaign_id == campaign.id)
        .order_by(CampaignOffer.sort, CampaignOffer.id)
    )
    leaders = select(CampaignLeader.leader_id).where(CampaignLeader.campaign_id == campaign.id)
    return filled(campaign, [(row[0], row[1]) for row in goods], list(db.session.scalars(leaders)))


def _form(values: dict[str, Any]) -> CampaignForm:
    """Return the form with its choices; what was sent wins over the values."""
    form = CampaignForm(data=values)
    form.weekdays.choices = [SelectChoice(number, weekday(number)) for number in range(7)]
    leaders = db.session.execute(
        select(Leader.id, Leader.code, Leader.name, Community.name)
        .outerjoin(Community, Community.id == Leader.community_id)
        .where(Leader.state == "active")
        .order_by(Leader.code)
    )
    form.leader_ids.choices = [
        SelectChoice(row[0], f"{row[2]} {row[1]}" + (f" · {row[3]}" if row[3] else "")) for row in leaders
    ]
    return form


def _editor(form: CampaignForm, campaign: Campaign | None) -> ResponseReturnValue:
    products = products_of([row.code.data for row in form.goods])
    faults: Sequence[PasteFault] = ()
    status = 200
    if form.is_submitted():
        do, _colon, what = request.form.get("do", "").partition(":")
        if do in STEPS or (form.paste.data or "").strip():
            # Rows that were pasted and not taken over yet are wanted when somebody saves.
            faults = STEPS.get(do, paste_rows)(form, what)
            products = products_of([row.code.data for row in form.goods])
        if faults:
            status = 422 if do in SAVES else 200
        elif do in SAVES:
            saved = _save(form, campaign, products, overwrite=do == "overwrite")
            if isinstance(saved, str):
                return redirect(url_for("admin.campaigns_plan", code=saved), 303)
            status = saved
    page = render_template(
        "admin/campaign_edit.html",
        form=form,
        campaign=campaign,
        products=products,
        faults=faults,
        found=found_for(form, products),
        calendar=preview(form),
        conflict=last_change(campaign) if status == 409 else None,
    )
    return page, status


SAVES = ("save", "overwrite")


def _save(
    form: CampaignForm, campaign: Campaign | None, products: Mapping[str, Product], *, overwrite: bool
) -> str | int:
    """Store the campaign and return its code; the status of the page when that was refused."""
    if not form.validate():
        return 422
    try:
        recurrence_of(form)
        code, made = _store(form, campaign, products, overwrite=overwrite)
    except GroupbuyError as error:
        if error.code == CONFLICT:
            return 409
        _blame(form, error)
        return 422
    flash(_("The campaign has been saved."), "ok")
    if made:
        flash(
            ngettext("%(num)s future round was made anew.", "%(num)s future rounds were made anew.", made),
            "info",
        )
    return code


def _store(
    form: CampaignForm, campaign: Campaign | None, products: Mapping[str, Product], *, overwrite: bool
) -> tuple[str, int]:
    plan, offers, now, who = plan_of(form), offers_of(form, products), utc_now(), actor().name

    def store() -> tuple[str, int]:
        if campaign is None:
            code = form.code.data.strip()
            service.create_campaign(code=code, plan=plan, offers=offers, now=now, actor=who)
            return code, 0
        stored = service.get_campaign(campaign.code)
        version = stored.version if overwrite else _whole(form.version.data)
        made = planning.edit(
            campaign=stored, version=version, plan=plan, offers=offers, now=now, zone=zone(), actor=who
        )
        return stored.code, len(made)

    return in_transaction(store)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _blame(form: CampaignForm, error: GroupbuyError) -> None:
    """Put an error beside the field that it names, else above the form."""
    sentence = translate_sentence(error.message)
    field = form._fields.get(error.param or "")
    if field is None or error.param == "goods":
        form.form_errors.append(sentence)
    else:
        field.errors = [*field.errors, sentence]


def last_change(campaign: Campaign | None) -> Any:
    """Return who saved the campaign last, and when."""
    if campaign is None:
        return None
    for last in entries_of("campaign", campaign.code, most=1):
        return {"at": last.at, "who": names_of([last.actor]).get(last.actor, last.actor)}
    return None
