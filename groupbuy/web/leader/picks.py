"""A leader chooses products for its community (参团选品); prices are the operator's."""

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from groupbuy.campaigns import leader_terms, service
from groupbuy.campaigns.leader_terms import LeaderTerm
from groupbuy.campaigns.models import Campaign
from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import picking
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader


class PicksForm(PageForm):
    """Which version of the choice was on the page; the products are ticked boxes."""

    version = HiddenField()


@blueprint.get("/picks")
@for_leaders
def picks() -> ResponseReturnValue:
    """List the campaigns that let leaders choose products."""
    return render_template("leader/picks.html", campaigns=leader_terms.pickable_campaigns(the_leader()))


@blueprint.route("/picks/<code>", methods=["GET", "POST"])
@for_leaders
def picks_campaign(code: str) -> ResponseReturnValue:
    """Show what can be chosen, and store the choice for future rounds."""
    leader = the_leader()
    campaign = _mine(leader, code)
    form = PicksForm()
    status = 200
    if form.is_submitted():
        status = _save(form, leader, campaign)
        if status == 303:
            return redirect(url_for("leader.picks"), 303)
    terms = leader_terms.terms_of(campaign_id=campaign.id, leader_id=leader.id)
    choice = [term for term in terms if term.leader_picks]
    # Who is told of a conflict sees the newest state and chooses anew.
    form.version.data = leader_terms.version_of(terms)
    page = render_template(
        "leader/picks_campaign.html",
        campaign=campaign,
        form=form,
        choice=choice,
        ticked=_ticked(choice, status),
        always=sum(term.offered for term in terms if not term.leader_picks),
    )
    return page, status


def _ticked(choice: list[LeaderTerm], status: int) -> set[str]:
    if status == 422:
        return set(request.form.getlist("product"))
    return {term.product_code for term in choice if term.offered}


def _mine(leader: Leader, code: str) -> Campaign:
    campaign = next((one for one in leader_terms.pickable_campaigns(leader) if one.code == code), None)
    if campaign is None:
        raise NotFound("unknown_campaign", f"There is no campaign {code}.")
    return campaign


def _save(form: PicksForm, leader: Leader, campaign: Campaign) -> int:
    """Store the choice; return the status of the answer."""
    if not form.validate():
        return 422
    settings: Settings = current_app.extensions["groupbuy_settings"]
    code, leader_code, who = campaign.code, leader.code, signed_in().actor
    try:
        in_transaction(
            lambda: picking.pick_products(
                campaign=service.get_campaign(code),
                leader=get_leader(leader_code),
                version=form.version.data or "",
                product_codes=request.form.getlist("product"),
                now=utc_now(),
                zone=settings.timezone,
                actor=who,
            )
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return error.status
    flash(_("Your choice is in the rounds to come."), "ok")
    return 303
