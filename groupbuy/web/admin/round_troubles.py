"""What an operator does when goods come late or not at all: delay a closed round, or call it off."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from groupbuy.analytics import round_page
from groupbuy.campaigns import queries as campaigns
from groupbuy.flows import calling_off, delaying
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField
from groupbuy.web.admin.round_deeds import ReasonForm
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.filters import day
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext


class DelayForm(ReasonForm):
    """The new day, and why."""

    pickup_date = DayField(_l("New pickup day"), validators=[InputRequired()], render_kw={"type": "date"})


@blueprint.route("/rounds/<name>/delay", methods=["GET", "POST"])
def campaigns_round_delay(name: str) -> ResponseReturnValue:
    """Move the pickup day of a closed round; each resident is told once."""
    round_, form = campaigns.get_round(name), DelayForm()
    sentences = [
        _("The pickup day now: %(day)s", day=day(round_.pickup_date)),
        _("Each resident with an order is told once, with the reason."),
        _("Until the goods are there residents may cancel free of charge."),
    ]

    def store() -> None:
        if form.pickup_date.data is None:
            return
        delaying.delay_round(
            round_=campaigns.get_round(name),
            pickup_date=form.pickup_date.data,
            reason=form.reason.data or "",
            now=utc_now(),
            actor=actor(),
        )

    question = _("Delay %(title)s", title=round_.title)
    return _answer(form, store, name, question, sentences, _("Delay the round"))


@blueprint.route("/rounds/<name>/call-off", methods=["GET", "POST"])
def campaigns_round_call_off(name: str) -> ResponseReturnValue:
    """Cancel a closed round with everything that followed from it."""
    round_, form = campaigns.get_round(name), ReasonForm()
    effect = round_page.cancel_effect(round_)
    sentences = [
        ngettext("%(num)s order is cancelled.", "%(num)s orders are cancelled.", effect.orders),
        _("%(amount)s that was paid is owed back to residents.", amount=format_yuan(effect.paid_fen)),
        ngettext("%(num)s resident is told.", "%(num)s residents are told.", effect.residents),
        _("Purchase orders are cancelled and suppliers who have them told; what has come goes into stock."),
        _("Leaders lose the commission of this round. This cannot be undone."),
    ]

    def store() -> None:
        calling_off.call_off(
            round_=campaigns.get_round(name), reason=form.reason.data or "", now=utc_now(), actor=actor()
        )

    question = _("Call off %(title)s?", title=round_.title)
    return _answer(form, store, name, question, sentences, _("Call off the round"))


def _answer(
    form: ReasonForm, store: Callable[[], object], name: str, question: str, sentences: list[str], deed: str
) -> ResponseReturnValue:
    back = url_for("admin.campaigns_round", name=name)
    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Done; everybody concerned is told."), "ok")
        return redirect(back, 303)
    return ask_first("admin", question, sentences, deed=deed, back=back, form=form, danger=True)
