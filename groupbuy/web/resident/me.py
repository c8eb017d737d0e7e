"""What residents keep about themselves: profile, leader, password, their data, and leaving."""

import json

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service as account_service
from groupbuy.accounts import wechat
from groupbuy.accounts.rules import MAX_PASSWORD, MIN_PASSWORD
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.xlsx import write_xlsx
from groupbuy.finance.queries import available
from groupbuy.finance.rules import wallet
from groupbuy.flows import doors, leaving
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders import applying
from groupbuy.leaders import queries as leaders
from groupbuy.leaders.models import Leader
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.messaging import notes
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import own_resident
from groupbuy.web.resident.own_sheets import sheets_of
from groupbuy.web.resident.place import asked_place
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import shows_wechat

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LEADERS = 100


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


class LeaderForm(PageForm):
    """Another leader, by code."""

    code = StringField(_l("Leader's code"), validators=[InputRequired(_l("Type the code.")), Length(max=64)])


class LeaveForm(PageForm):
    """Delete the account."""

    sure = BooleanField(
        _l("I understand that this cannot be undone"),
        validators=[InputRequired(_l("Please tick the box to go on."))],
    )


def _me() -> Resident:
    return own_resident(signed_in())


@blueprint.get("/me")
@for_residents
def me() -> ResponseReturnValue:
    """Show the resident's own page."""
    account_id = signed_in().account_id
    return render_template(
        "resident/me.html",
        resident=_me(),
        unread=notes.unseen(f"resident:{_me().id}"),
        wallet_fen=available(wallet(_me().id)),
        several=len(accounts.roles_of(account_id)) > 1,
        may_link=shows_wechat(),
        linked=wechat.is_linked(account_id),
        candidate=applying.candidate_of(account_id),
    )


@blueprint.route("/me/profile", methods=["GET", "POST"])
@for_residents
def me_profile() -> ResponseReturnValue:
    """Change name and room."""
    resident = _me()
    form = ProfileForm(obj=resident)
    if form.validate_on_submit():
        name, room = form.name.data, form.room.data
        in_transaction(
            lambda: doors.edit_profile(
                resident=_me(), name=name, room=room, now=utc_now(), actor=signed_in().actor.name
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


@blueprint.get("/me/leader")
@for_residents
def me_leader() -> ResponseReturnValue:
    """Ask which leader, then ask once more and say what it means."""
    resident, code = _me(), request.args.get("code", "").strip()
    form = LeaderForm(data={"code": code}, meta={"csrf": False})
    wanted = leaders.find_active(code)
    if wanted is not None and wanted.id != resident.leader_id:
        return _ask(resident, wanted)
    if code:
        mine = wanted is not None
        form.code.errors = [_("This is your leader already.") if mine else _("There is no such leader.")]
    found = leaders.nearby_leaders(asked_place(), most=MOST_LEADERS)
    choices = [one for one in found if one.leader.id != resident.leader_id]
    return render_template(
        "resident/leader.html",
        resident=resident,
        form=form,
        choices=choices,
        located=any(one.metres is not None for one in choices),
    )


def _ask(resident: Resident, wanted: Leader) -> ResponseReturnValue:
    return ask_first(
        "resident",
        _("Change to %(leader)s?", leader=wanted.name),
        [
            _("It counts from the next round on, that is for rounds that open after now."),
            _(
                "Rounds that are open now, and all your orders, stay with %(leader)s.",
                leader=resident.leader.name,
            ),
            _("You then pick up at: %(place)s", place=wanted.address or wanted.name),
        ],
        deed=_("Change the leader"),
        back=url_for("resident.me"),
        action=url_for("resident.me_leader_post"),
        fields={"code": wanted.code},
    )


@blueprint.post("/me/leader")
@for_residents
def me_leader_post() -> ResponseReturnValue:
    """Change the leader from the next round on."""
    wanted = leaders.find_active(request.form.get("code"))
    if wanted is None:
        flash(_("There is no such leader."), "bad")
        return redirect(url_for("resident.me_leader"), 303)
    leader_id, name = wanted.id, wanted.name
    in_transaction(
        lambda: members.change_leader(
            resident=_me(),
            leader=db.session.get_one(Leader, leader_id),
            now=utc_now(),
            actor=signed_in().actor.name,
        )
    )
    flash(_("From the next round on your leader is %(leader)s.", leader=name), "ok")
    return redirect(url_for("resident.me"), 303)


@blueprint.get("/me/data")
@for_residents
def me_data() -> ResponseReturnValue:
    """Say what is kept, and offer to take it along or to leave."""
    return render_template("resident/data.html", resident=_me())


@blueprint.post("/me/data")
@for_residents
def me_data_post() -> ResponseReturnValue:
    """Download what is kept, as a workbook or for programs; it is logged, so it is no GET."""
    identity = signed_in()
    data = in_transaction(
        lambda: leaving.own_data(account_id=identity.account_id, now=utc_now(), actor=identity.actor.name)
    )
    if request.form.get("format") == "json":
        text = json.dumps(data, ensure_ascii=False, indent=2)
        return _file(text.encode(), "application/json", "groupbuy-my-data.json")
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return _file(write_xlsx(sheets_of(data, settings.timezone)), XLSX, "groupbuy-my-data.xlsx")


def _file(content: bytes, mime_type: str, name: str) -> Response:
    answer = Response(content, mimetype=mime_type)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.route("/me/leave", methods=["GET", "POST"])
@for_residents
def me_leave() -> ResponseReturnValue:
    """Delete the account, after asking."""
    form, identity = LeaveForm(), signed_in()
    if form.validate_on_submit():
        try:
            in_transaction(
                lambda: leaving.leave(
                    account_id=identity.account_id, now=utc_now(), actor=identity.actor.name
                )
            )
        except GroupbuyError as error:
            form.form_errors.append(translate_sentence(error.message))
        else:
            visit.leave()
            flash(_("Your account is deleted. Take care!"), "ok")
            return redirect(url_for("resident.home"), 303)
    return render_template("resident/leave.html", form=form), 422 if form.errors or form.form_errors else 200
