"""Rewards for referrals and bonuses of campaigns, and what leaders earn on orders of their own."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.analytics import extra_commission
from groupbuy.campaigns import service as campaigns
from groupbuy.commissions import bonuses
from groupbuy.commissions.models import CampaignBonus, CommissionExtra
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan, parse_yuan
from groupbuy.leaders import referring
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.commissions import tabs
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import Column, Filter, Listing, chosen, searched, show
from groupbuy.web.kit.filters import percent
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices


def terms_of(row: Any) -> str:
    """Say what a reward or a bonus was agreed to be; for a row of extras or of bonuses."""
    if getattr(row, "rate_bp", 0):
        return percent(row.rate_bp)
    target = format_yuan(row.target) if row.measure == "turnover" else _("%(count)s units", count=row.target)
    return _("%(bonus)s from %(target)s", bonus=format_yuan(row.bonus_fen), target=target)


EXTRAS = (
    Column(_l("Leader"), lambda row: row.Leader.name, "name", lambda row: _leader(row)),
    Column(_l("Round"), lambda row: row.Round.title, link=lambda row: _round(row), width=24),
    Column(_l("Kind"), lambda row: row.CommissionExtra.kind, "state:commission_extra"),
    Column(_l("From sales of"), lambda row: row.CommissionExtra.seller.name),
    Column(_l("Agreed"), lambda row: terms_of(row.CommissionExtra)),
    Column(_l("Booked"), lambda row: row.CommissionExtra.accrued_fen, "money"),
    Column(_l("Picked up"), lambda row: row.CommissionExtra.taken_fen, "money"),
    Column(_l("Settled"), lambda row: row.CommissionExtra.settled_fen, "money"),
)
OWN = (
    Column(_l("Leader"), lambda row: row.Leader.name, "name", lambda row: _leader(row)),
    Column(_l("Order"), lambda row: row.Order.number, "code", lambda row: _order(row)),
    Column(_l("Round"), lambda row: row.Round.title, link=lambda row: _round(row), width=24),
    Column(_l("Ordered"), lambda row: row.Order.placed_at, "moment", width=17),
    Column(_l("Turnover"), lambda row: row.Order.amount_fen, "money"),
    Column(_l("Commission"), lambda row: row.commission_fen, "money"),
)


def _leader(row: Any) -> str:
    return url_for("admin.leaders_detail", code=row.Leader.code)


def _round(row: Any) -> str:
    return url_for("admin.campaigns_round", name=row.Round.name)


def _order(row: Any) -> str:
    return url_for("admin.orders_detail", number=row.Order.number)


@blueprint.get("/commissions/extras")
def commissions_extras() -> ResponseReturnValue:
    """List rewards and bonuses, the latest first."""
    statement = (
        extra_commission.with_round()
        .where(*chosen("kind", CommissionExtra.kind))
        .where(*searched(Leader.name, Leader.code))
    )
    listing = Listing(
        "commission-extras",
        _("Rewards and bonuses"),
        statement,
        EXTRAS,
        filters=(
            Filter("q", _("Leader")),
            Filter("kind", _("Kind"), state_choices("commission_extra"), _("All kinds")),
        ),
    )
    empty = _(
        "Set who brought a leader on its page, and bonuses on a campaign's; they are agreed at the close."
    )
    return show(listing, tabs=tabs("admin.commissions_extras"), empty_text=empty)


@blueprint.get("/commissions/own")
def commissions_own() -> ResponseReturnValue:
    """List orders that leaders placed with themselves, and the commission that they earn on them."""
    listing = Listing("own-orders", _("Own orders"), extra_commission.own_orders(), OWN)
    empty = _("What leaders order from themselves stands here, with the commission on it.")
    return show(listing, tabs=tabs("admin.commissions_own"), empty_text=empty)


class ReferrerForm(PageForm):
    """Who brought a leader."""

    referrer = StringField(
        _l("Code of the leader who brought this one"),
        validators=[Length(max=40)],
        description=_l("Left empty, nobody did. It counts for rounds that close from now on."),
    )


@blueprint.route("/leaders/<code>/referrer", methods=["GET", "POST"])
def leaders_referrer(code: str) -> ResponseReturnValue:
    """Set who brought a leader."""
    leader = get_leader(code)
    now_there = referring.referrer_of(leader.id)
    form = ReferrerForm(referrer=now_there.code if now_there else "")

    def store() -> None:
        wanted = (form.referrer.data or "").strip() or None
        referring.refer(leader=get_leader(code), referrer_code=wanted, now=utc_now(), actor=actor().name)

    title = _("Who brought %(name)s", name=leader.name)
    return saving.answer(
        form, store, title=title, back=(url_for("admin.leaders_detail", code=code), leader.name)
    )


class BonusForm(PageForm):
    """A target and what it brings."""

    measure = SelectField(
        _l("Target in"),
        choices=[SelectChoice("turnover", _l("Turnover (yuan)")), SelectChoice("units", _l("Sale units"))],
    )
    target = StringField(_l("Target"), validators=[InputRequired(), Length(max=20)])
    bonus_fen = YuanField(_l("Bonus (yuan)"), validators=[InputRequired()])


@blueprint.route("/campaigns/<code>/bonuses", methods=["GET", "POST"])
def campaigns_bonuses(code: str) -> ResponseReturnValue:
    """Show the bonuses of a campaign and promise another."""
    campaign, form = campaigns.get_campaign(code), BonusForm()

    def store() -> CampaignBonus:
        return bonuses.add_bonus(
            campaign=campaigns.get_campaign(code),
            measure=form.measure.data,
            target=_target(form),
            bonus_fen=form.bonus_fen.data or 0,
            now=utc_now(),
            actor=actor().name,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The bonus holds for rounds that open from now on."), "ok")
        return redirect(request.path, 303)
    page = render_template(
        "admin/bonuses.html",
        campaign=campaign,
        bonuses=bonuses.bonuses_of(campaign.id),
        terms_of=terms_of,
        form=form,
    )
    return page, 422 if form.errors else 200


def _target(form: BonusForm) -> int:
    text = (form.target.data or "").strip()
    try:
        return parse_yuan(text) if form.measure.data == "turnover" else int(text)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Write a number.", param="target") from error


@blueprint.post("/campaigns/<code>/bonuses/<int:bonus_id>/end")
def campaigns_bonuses_end(code: str, bonus_id: int) -> ResponseReturnValue:
    """Promise a bonus no longer."""

    def end() -> None:
        campaign = campaigns.get_campaign(code)
        bonuses.end_bonus(campaign=campaign, bonus_id=bonus_id, now=utc_now(), actor=actor().name)

    in_transaction(end)
    flash(_("Rounds that open from now on go without this bonus."), "ok")
    return redirect(url_for("admin.campaigns_bonuses", code=code), 303)
