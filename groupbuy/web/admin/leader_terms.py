"""What single leaders have of a campaign: their own products and prices."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import FieldList, Form, FormField, HiddenField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from groupbuy.campaigns import leader_terms, service
from groupbuy.campaigns.leader_terms import LeaderTerm, Own
from groupbuy.campaigns.models import Campaign, CampaignLeader, CampaignOffer, CampaignOfferLeader
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import picking
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Community, Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.campaign_editor import CONFLICT, last_change
from groupbuy.web.admin.fields import YuanField, optional
from groupbuy.web.admin.goods_paste import PasteFault, read_paste
from groupbuy.web.admin.listing import Column, Filter, Listing, searched, show
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext

CHOICES = {"": None, "yes": True, "no": False}


def _choices() -> list[SelectChoice]:
    names = {"": _("As campaign"), "yes": _("Offered"), "no": _("Not offered")}
    return [SelectChoice(value, name) for value, name in names.items()]


class TermForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """One product as a leader has it."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    offered = SelectField(_l("Offered"), choices=_choices)
    price_fen = YuanField(_l("Own price"), validators=optional(), render_kw={"inputmode": "decimal"})


class TermsForm(PageForm):
    """All products of a campaign as a leader has them."""

    version = HiddenField()
    terms = FieldList(FormField(TermForm))
    paste = TextAreaField(_l("Paste from a spreadsheet"), validators=[Length(max=50_000)])


COLUMNS = (
    Column(_l("Item code"), lambda row: row.code, "code"),
    Column(_l("Leader"), lambda row: row.name, "name"),
    Column(_l("Community"), lambda row: row.community, width=20),
    Column(_l("Own terms"), lambda row: row.own, "number"),
)


@blueprint.get("/campaigns/<code>/leaders")
def campaigns_leaders(code: str) -> ResponseReturnValue:
    """List the leaders of a campaign with how many own terms each has."""
    campaign = service.get_campaign(code)
    own = select(func.count()).select_from(CampaignOfferLeader).join(CampaignOffer)
    own = own.where(CampaignOffer.campaign_id == campaign.id, CampaignOfferLeader.leader_id == Leader.id)
    statement = (
        select(
            Leader.code, Leader.name, Community.name.label("community"), own.scalar_subquery().label("own")
        )
        .outerjoin(Community, Community.id == Leader.community_id)
        .where(Leader.state == "active")
        .order_by(Leader.code)
    )
    if not campaign.all_leaders:
        chosen = select(CampaignLeader.leader_id).where(CampaignLeader.campaign_id == campaign.id)
        statement = statement.where(Leader.id.in_(chosen))
    statement = statement.where(*searched(Leader.name, Leader.code))
    listing = Listing(
        "campaign_leaders",
        _("Leaders of %(name)s", name=campaign.name),
        statement,
        COLUMNS,
        filters=(Filter("q", _("Name or code")),),
        actions=((_("Products and prices"), lambda row: _page(code, row.code)),),
    )
    return show(listing, empty_text=_("No leader takes part in this campaign."))


def _page(code: str, leader: str) -> str:
    return url_for("admin.campaigns_leader", code=code, leader_code=leader)


@blueprint.route("/campaigns/<code>/leaders/<leader_code>", methods=["GET", "POST"])
def campaigns_leader(code: str, leader_code: str) -> ResponseReturnValue:
    """Set which products a leader's community has in future rounds, and at which prices."""
    campaign, leader = service.get_campaign(code), get_leader(leader_code)
    terms = leader_terms.terms_of(campaign_id=campaign.id, leader_id=leader.id)
    form = TermsForm(data=_stored(terms))
    faults: Sequence[PasteFault] = ()
    status = 200
    if form.is_submitted():
        do = request.form.get("do", "")
        if do == "paste":
            faults = _take_over(form)
        elif do == "clear":
            _clear(form)
        else:
            status = _save(form, campaign, leader, overwrite=do == "overwrite")
            if status == 303:
                return redirect(url_for("admin.campaigns_leaders", code=code), 303)
    page = render_template(
        "admin/leader_terms.html",
        form=form,
        campaign=campaign,
        leader=leader,
        terms={term.product_code: term for term in terms},
        faults=faults,
        conflict=last_change(campaign) if status == 409 else None,
    )
    return page, status


def _stored(terms: Sequence[LeaderTerm]) -> dict[str, Any]:
    words = {choice: word for word, choice in CHOICES.items()}
    rows = [
        {"code": term.product_code, "offered": words[term.own.offered], "price_fen": term.own.price_fen}
        for term in terms
    ]
    return {"version": leader_terms.version_of(terms), "terms": rows}


def _take_over(form: TermsForm) -> Sequence[PasteFault]:
    """Fill the rows from pasted ones: code and price; return what was not understood."""
    rows, faults = read_paste(form.paste.data or "")
    known = {row.code.data: row for row in form.terms}
    bad = {fault.line for fault in faults}
    for pasted in rows:
        if pasted.code not in known:
            faults.append(PasteFault(pasted.line, pasted.code))
        elif pasted.line not in bad:
            _fill(known[pasted.code], "yes", pasted.price_fen)
    if not faults:
        form.paste.data, form.paste.raw_data = "", [""]
    return sorted(faults, key=lambda fault: fault.line)


def _clear(form: TermsForm) -> None:
    for row in form.terms:
        _fill(row, "", None)


def _fill(row: Any, offered: str, price_fen: int | None) -> None:
    row.offered.data = offered
    row.price_fen.data, row.price_fen.raw_data = price_fen, None


def _save(form: TermsForm, campaign: Campaign, leader: Leader, *, overwrite: bool) -> int:
    """Store the terms; return the status of the answer."""
    if not form.validate():
        return 422
    terms = {row.code.data: Own(CHOICES[row.offered.data], row.price_fen.data) for row in form.terms}
    version = None if overwrite else form.version.data
    code, leader_code, who = campaign.code, leader.code, actor()
    try:
        made = in_transaction(
            lambda: picking.set_terms(
                campaign=service.get_campaign(code),
                leader=get_leader(leader_code),
                version=version,
                terms=terms,
                now=utc_now(),
                zone=zone(),
                actor=who,
            )
        )
    except GroupbuyError as error:
        if error.code == CONFLICT:
            return 409
        saving.blame(form, error)
        return 422
    flash(_("Saved."), "ok")
    if made:
        flash(_made_anew(len(made)), "info")
    return 303


def _made_anew(rounds: int) -> str:
    return ngettext("%(num)s future round was made anew.", "%(num)s future rounds were made anew.", rounds)
