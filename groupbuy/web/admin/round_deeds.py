"""What an operator does to a round: extend, cut off now, cancel, change an offer's price and limit."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.analytics import round_page
from groupbuy.campaigns import lifecycle, offers
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.campaigns.offers import current_version
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import closing, pricing_anew
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.orders.bulk import totals
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import MomentField, WholeField, YuanField, optional
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.filters import moment
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence


class CutoffForm(PageForm):
    """Ask for another cut-off."""

    closes_at = MomentField(
        _l("New cut-off"), validators=[InputRequired()], render_kw={"type": "datetime-local"}
    )


class ReasonForm(PageForm):
    """Ask why."""

    reason = TextAreaField(
        _l("Reason, shown to residents"), validators=[InputRequired(), Length(max=200)], render_kw={"rows": 2}
    )


class OfferForm(PageForm):
    """Ask for an offer's price and limit."""

    price_fen = YuanField(_l("Price (yuan)"), validators=[InputRequired()])
    limit_units = WholeField(
        _l("Stock limit"), validators=optional(), description=_l("Empty: no limit. Not below what is sold.")
    )


def _page(name: str) -> str:
    return url_for("admin.campaigns_round", name=name)


@blueprint.route("/rounds/<name>/extend", methods=["GET", "POST"])
def campaigns_round_extend(name: str) -> ResponseReturnValue:
    """Ask for another cut-off, later or earlier, and set it."""
    round_ = campaigns.get_round(name)
    form = CutoffForm(closes_at=round_.closes_at)
    closes_at = form.closes_at.data
    if form.validate_on_submit() and closes_at is not None:
        if closes_at <= utc_now():
            form.closes_at.errors = [_("This moment is past; use “cut off now” instead.")]
        elif _move_cutoff(form, name, closes_at):
            flash(_("The cut-off has been moved."), "ok")
            return redirect(_page(name), 303)
    sentences = [
        _("The cut-off now: %(moment)s", moment=moment(round_.closes_at)),
        _("Residents see the new cut-off at once and can order, change and cancel until then."),
    ]
    return _confirm(_("Move the cut-off of %(title)s", title=round_.title), sentences, name, _("Move"), form)


def _move_cutoff(form: PageForm, name: str, closes_at: datetime) -> bool:
    """Move the cut-off; False when that was refused, with the reason in the form."""
    try:
        in_transaction(
            lambda: lifecycle.change_cutoff(name=name, closes_at=closes_at, now=utc_now(), actor=actor().name)
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return False
    return True


@blueprint.route("/rounds/<name>/close", methods=["GET", "POST"])
def campaigns_round_close(name: str) -> ResponseReturnValue:
    """Say what cutting off now does, and do it."""
    round_ = campaigns.get_round(name)
    form = PageForm()
    if form.validate_on_submit() and _move_cutoff(form, name, utc_now()):
        flash(_("The round is cut off; the scheduler closes it within seconds."), "ok")
        return redirect(_page(name), 303)
    orders, units, amount = totals(round_.id)
    sentences = [
        ngettext("%(num)s order stays as it is.", "%(num)s orders stay as they are.", orders),
        _("%(units)s units for %(amount)s go into purchasing.", units=units, amount=format_yuan(amount)),
        _("Open carts can no longer be ordered; nobody can change or cancel any more."),
        _("Offers below their threshold and unpaid prepaid orders are cancelled."),
        _("Purchase orders, pickup sheets and pending commissions are made at once."),
    ]
    return _confirm(_("Cut off %(title)s now?", title=round_.title), sentences, name, _("Cut off now"), form)


@blueprint.route("/rounds/<name>/cancel", methods=["GET", "POST"])
def campaigns_round_cancel(name: str) -> ResponseReturnValue:
    """Say what cancelling gives back, and do it with a reason."""
    round_ = campaigns.get_round(name)
    form = ReasonForm()
    if form.validate_on_submit():
        round_id, reason = round_.id, form.reason.data
        in_transaction(lambda: _cancel(round_id, reason))
        flash(_("The round has been cancelled."), "ok")
        return redirect(_page(name), 303)
    effect = round_page.cancel_effect(round_)
    sentences = [
        ngettext("%(num)s order is cancelled.", "%(num)s orders are cancelled.", effect.orders),
        _("%(amount)s that was paid is owed back to residents.", amount=format_yuan(effect.paid_fen)),
        ngettext("%(num)s resident is concerned.", "%(num)s residents are concerned.", effect.residents),
        _("This cannot be undone."),
    ]
    question = _("Cancel %(title)s?", title=round_.title)
    return _confirm(question, sentences, name, _("Cancel the round"), form)


def _cancel(round_id: int, reason: str) -> None:
    locked = db.session.get_one(Round, round_id)
    if not closing.cancel_round(round_=locked, reason=reason, now=utc_now(), actor=actor().name):
        raise RuleBroken("round_closed", "This round has closed; it cannot be cancelled any more.")


def _confirm(
    question: str, sentences: list[str], name: str, deed: str, form: PageForm
) -> ResponseReturnValue:
    return ask_first(
        "admin",
        question,
        sentences,
        deed=deed,
        back=_page(name),
        form=form,
        danger="extend" not in request.path,
    )


@blueprint.route("/rounds/<name>/offers/<int:offer_id>", methods=["GET", "POST"])
def campaigns_round_offer(name: str, offer_id: int) -> ResponseReturnValue:
    """Change an offer's price for later orders, and its limit."""
    round_ = campaigns.get_round(name)
    offer = db.session.get(Offer, offer_id)
    if offer is None or offer.round_id != round_.id:
        raise NotFound("unknown_offer", "There is no such offer in this round.")
    version, stock = current_version(offer), db.session.get_one(OfferStock, offer_id)
    form = OfferForm(price_fen=version.quoted_fen, limit_units=stock.limit_units)
    if form.validate_on_submit() and _save_offer(form, offer_id):
        flash(_("%(name)s has been changed.", name=version.name), "ok")
        return redirect(_page(name), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title=_("Price and stock: %(name)s", name=version.name),
        back=(_page(name), round_.title),
        sold=stock.sold,
    )
    return page, 422 if form.errors else 200


def _save_offer(form: OfferForm, offer_id: int) -> bool:
    now, who = utc_now(), actor().name

    def store() -> None:
        offer = db.session.get_one(Offer, offer_id)
        if offers.current_version(offer).quoted_fen != form.price_fen.data:
            pricing_anew.change_price(offer=offer, price_fen=form.price_fen.data or 0, now=now, actor=who)
        if db.session.get_one(OfferStock, offer_id).limit_units != form.limit_units.data:
            offers.change_limit(offer=offer, limit_units=form.limit_units.data, now=now, actor=who)

    try:
        in_transaction(store)
    except GroupbuyError as error:
        field = form.limit_units if error.param == "limit_units" else form.price_fen
        field.errors = [*field.errors, translate_sentence(error.message)]
        return False
    return True
