"""Who helps a leader with handing out, and what they get for it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from groupbuy.commissions.helpers import helpers_of
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import enrolling
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound, RuleBroken
from groupbuy.web.admin.fields import PercentField
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.people import PersonForm


class RemoveForm(PageForm):
    """Which helper goes."""

    account = HiddenField()


class ShareForm(RemoveForm):
    """Which helper gets how much of the commission."""

    share = PercentField(_l("Share of the commission in percent"))


@blueprint.get("/helpers")
@for_leaders
def helpers() -> ResponseReturnValue:
    """Show who hands out for this leader."""
    return _helpers_page(PersonForm(formdata=None))


def _helpers_page(form: PersonForm, status: int = 200) -> ResponseReturnValue:
    return render_template("leader/helpers.html", helpers=helpers_of(the_leader().id), form=form), status


@blueprint.post("/helpers")
@for_leaders
def helpers_add() -> ResponseReturnValue:
    """Let somebody help."""
    form = PersonForm()
    if not form.validate():
        return _helpers_page(form, 422)
    try:
        in_transaction(
            lambda: enrolling.let_help(
                leader=the_leader(),
                phone=form.phone.data,
                name=form.name.data,
                now=utc_now(),
                actor=signed_in().actor,
            )
        )
    except GroupbuyError as error:
        form.phone.errors = [*form.phone.errors, translate_sentence(error.message)]
        return _helpers_page(form, error.status)
    flash(_("%(name)s can hand out for you now.", name=form.name.data), "ok")
    return redirect(url_for("leader.helpers"), 303)


@blueprint.post("/helpers/remove")
@for_leaders
def helpers_remove() -> ResponseReturnValue:
    """Let somebody help no longer."""
    form = RemoveForm()
    account_id = _account_of(form)
    in_transaction(
        lambda: enrolling.stop_help(
            leader=the_leader(), account_id=account_id, now=utc_now(), actor=signed_in().actor
        )
    )
    flash(_("This helper can hand out for you no longer."), "ok")
    return redirect(url_for("leader.helpers"), 303)


@blueprint.post("/helpers/share")
@for_leaders
def helpers_share() -> ResponseReturnValue:
    """Give a helper a share of the commission of rounds that close from now on."""
    form = ShareForm()
    account_id = _account_of(form)
    share_bp = form.share.data
    if share_bp is None:
        flash(_("A percentage is between 0 and 100."), "bad")
        return redirect(url_for("leader.helpers"), 303)
    try:
        in_transaction(
            lambda: enrolling.share_with(
                leader=the_leader(),
                account_id=account_id,
                share_bp=share_bp,
                now=utc_now(),
                actor=signed_in().actor,
            )
        )
    except RuleBroken as error:
        flash(translate_sentence(error.message), "bad")
    else:
        flash(_("The share is set; it counts for rounds that close from now on."), "ok")
    return redirect(url_for("leader.helpers"), 303)


def _account_of(form: RemoveForm) -> int:
    """Return the account that a form names; raise NotFound for what is none."""
    text = form.account.data or ""
    form.validate()
    if form.account.errors or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("unknown_account", "There is no such account.")
    return int(text)
