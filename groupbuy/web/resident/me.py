"""A resident's own page: profile and password."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service as account_service
from groupbuy.accounts import wechat
from groupbuy.accounts.rules import MAX_PASSWORD, MIN_PASSWORD
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.queries import available
from groupbuy.finance.rules import wallet
from groupbuy.flows import doors
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders import applying
from groupbuy.messaging import notes
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import shows_wechat


class ProfileForm(PageForm):
    """How a resident is called and where the door is."""

    name = StringField(
        _l("Your name"), validators=[InputRequired(_l("Tell us what to call you.")), Length(max=30)]
    )
    room = StringField(
        _l("Building and room"),
        validators=[InputRequired(_l("Your building and room, so that your bag finds you.")), Length(max=40)],
    )


class PasswordForm(PageForm):
    """A password beside the code by text message."""

    password = PasswordField(
        _l("New password"), validators=[InputRequired(_l("Type a password.")), Length(max=MAX_PASSWORD)]
    )


@blueprint.get("/me")
@for_residents
def me() -> ResponseReturnValue:
    """Show the resident's own page."""
    account_id = signed_in().account_id
    return render_template(
        "resident/me.html",
        resident=the_resident(),
        unread=notes.unseen(f"resident:{the_resident().id}"),
        wallet_fen=available(wallet(the_resident().id)),
        several=len(accounts.roles_of(account_id)) > 1,
        may_link=shows_wechat(),
        linked=wechat.is_linked(account_id),
        candidate=applying.candidate_of(account_id),
    )


@blueprint.route("/me/profile", methods=["GET", "POST"])
@for_residents
def me_profile() -> ResponseReturnValue:
    """Change name and room."""
    resident = the_resident()
    form = ProfileForm(obj=resident)
    if form.validate_on_submit():
        name, room = form.name.data, form.room.data
        in_transaction(
            lambda: doors.edit_profile(
                resident=the_resident(), name=name, room=room, now=utc_now(), actor=signed_in().actor.name
            )
        )
        flash(_("Saved."), "ok")
        return redirect(url_for("resident.me"), 303)
    return render_template("resident/profile.html", form=form), 422 if form.errors else 200


@blueprint.route("/me/password", methods=["GET", "POST"])
@for_residents
def me_password() -> ResponseReturnValue:
    """Set a password; other phones and browsers are signed out."""
    form, identity = PasswordForm(), signed_in()
    if form.validate_on_submit():
        try:
            _set_password(identity.account_id, form.password.data)
        except GroupbuyError as error:
            form.password.errors = [translate_sentence(error.message)]
        else:
            visit.enter(accounts.get_account(identity.account_id), identity.role)
            flash(_("Your password is set; other devices are signed out."), "ok")
            return redirect(url_for("resident.me"), 303)
    page = render_template("resident/password.html", form=form, least=MIN_PASSWORD)
    return page, 422 if form.errors else 200


def _set_password(account_id: int, password: str) -> None:
    actor = signed_in().actor.name
    in_transaction(
        lambda: account_service.set_password(
            account=accounts.get_account(account_id), password=password, now=utc_now(), actor=actor
        )
    )
