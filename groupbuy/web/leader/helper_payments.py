"""Helpers' shares paid out: noted by the leader, confirmed by the helper."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.commissions import helper_payments as service
from groupbuy.commissions.helpers import shares_of
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.messaging import notes
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, for_sharers, the_leader
from groupbuy.web.leader.messages import share_box


class PaidForm(KeyedForm):
    """Whom the leader has paid, how much and how."""

    account = SelectField(_l("Helper"), coerce=int, validators=[InputRequired()])
    amount = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    proof = StringField(_l("How it was paid"), validators=[InputRequired(), Length(max=service.MAX_WORDS)])


class DenyForm(PageForm):
    """Why a helper says that a payment has not come."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=service.MAX_WORDS)])


@blueprint.route("/helpers/payments", methods=["GET", "POST"])
@for_leaders
def helper_payments() -> ResponseReturnValue:
    """Show what is owed to helpers, and note what was paid to them."""
    leader, form = the_leader(), PaidForm()
    owed = service.owed_by(leader.id)
    form.account.choices = [SelectChoice(one.account_id, one.name) for one in owed if one.fen > 0]

    def store() -> None:
        service.note(
            leader=the_leader(),
            account_id=form.account.data,
            amount_fen=form.amount.data or 0,
            proof=form.proof.data or "",
            now=utc_now(),
            actor=signed_in().actor.name,
            submission_key=(form.submission_key.data or "")[:64] or None,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Noted; it counts once the helper has confirmed it."), "ok")
        return redirect(url_for("leader.helper_payments"), 303)
    page = render_template(
        "leader/helper_payments.html", form=form, owed=owed, payments=service.payments(leader_id=leader.id)
    )
    return page, 422 if form.errors else 200


@blueprint.get("/shares")
@for_sharers
def shares() -> ResponseReturnValue:
    """Show a helper what it gets of its leaders' commission, and nothing else of that."""
    account_id = signed_in().account_id
    return render_template(
        "leader/shares.html",
        rows=shares_of(account_id),
        balance_fen=queries.available(rules.helper(account_id)),
        payments=service.payments(account_id=account_id),
        unread=notes.unseen(share_box()),
    )


@blueprint.post("/shares/<int:payment_id>/confirm")
@for_sharers
def shares_confirm(payment_id: int) -> ResponseReturnValue:
    """Confirm that the leader's money has come."""
    who = signed_in()
    return _decided(
        lambda: service.confirm(
            payment_id=payment_id, account_id=who.account_id, now=utc_now(), actor=who.actor.name
        )
    )


@blueprint.post("/shares/<int:payment_id>/deny")
@for_sharers
def shares_deny(payment_id: int) -> ResponseReturnValue:
    """Say that the leader's money has not come."""
    who, form = signed_in(), DenyForm()
    form.validate()
    return _decided(
        lambda: service.deny(
            payment_id=payment_id,
            account_id=who.account_id,
            reason=form.reason.data or "",
            now=utc_now(),
            actor=who.actor.name,
        )
    )


def _decided(deed: Callable[[], object]) -> ResponseReturnValue:
    try:
        in_transaction(deed)
    except (BadInput, RuleBroken) as error:
        flash(translate_sentence(error.message), "bad")
    else:
        flash(_("Thank you; your leader sees it."), "ok")
    return redirect(url_for("leader.shares"), 303)
