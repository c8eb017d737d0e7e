"""A leader's residents and helpers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, or_, select
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import enrolling
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.members.models import Resident
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.signin.forms import check_phone

PAGE_SIZE = 30
MAX_TEXT = 60


class HelperForm(PageForm):
    """Who helps with handing out."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Type the name.")), Length(max=30)])
    phone = StringField(
        _l("Mobile number"), validators=[InputRequired(_l("Type the mobile number.")), check_phone]
    )


class ResidentForm(HelperForm):
    """A resident to take in."""

    room = StringField(
        _l("Building and room"), validators=[InputRequired(_l("Such as 3-2-501.")), Length(max=40)]
    )


class RemoveForm(PageForm):
    """Which helper goes."""

    account = HiddenField()


def residents_like(leader: Leader, text: str) -> Select[Resident]:
    """Return a selection of a leader's residents with a text in name, room, code or phone tail."""
    mine = select(Resident).where(Resident.leader_id == leader.id, Resident.active)
    if text := text.strip()[:MAX_TEXT]:
        found = [
            column.contains(text, autoescape=True)
            for column in (Resident.name, Resident.room, Resident.building, Resident.code)
        ]
        if text.isascii() and text.isdigit() and len(text) >= 4:
            found.append(Resident.phone.endswith(text, autoescape=True))
        mine = mine.where(or_(*found))
    return mine.order_by(Resident.building, Resident.room, Resident.name, Resident.id)


@blueprint.get("/residents")
@for_leaders
def residents() -> ResponseReturnValue:
    """Show the residents that order with this leader."""
    pages = db.paginate(
        residents_like(the_leader(), request.args.get("q", "")),
        page=page_number(),
        per_page=PAGE_SIZE,
        error_out=False,
    )
    return render_template("leader/residents.html", pages=pages, door=door)


@blueprint.get("/residents/new")
@for_leaders
def residents_new() -> ResponseReturnValue:
    """Ask for a resident to take in."""
    return render_template("leader/resident_new.html", form=ResidentForm())


@blueprint.post("/residents/new")
@for_leaders
def residents_new_post() -> ResponseReturnValue:
    """Take a resident in."""
    form = ResidentForm()
    if not form.validate():
        return render_template("leader/resident_new.html", form=form), 422
    try:
        in_transaction(
            lambda: enrolling.enrol(
                leader=the_leader(),
                phone=form.phone.data,
                name=form.name.data,
                room=form.room.data,
                now=utc_now(),
                actor=signed_in().actor,
            )
        )
    except GroupbuyError as error:
        form.phone.errors = [*form.phone.errors, translate_sentence(error.message)]
        return render_template("leader/resident_new.html", form=form), error.status
    flash(_("%(name)s can order with you now.", name=form.name.data), "ok")
    return redirect(url_for("leader.residents"), 303)


@blueprint.get("/helpers")
@for_leaders
def helpers() -> ResponseReturnValue:
    """Show who hands out for this leader."""
    return _helpers_page(HelperForm(formdata=None))


def _helpers_page(form: HelperForm, status: int = 200) -> ResponseReturnValue:
    statement = select(Account).join(LeaderHelper, LeaderHelper.account_id == Account.id)
    found = db.session.scalars(
        statement.where(LeaderHelper.leader_id == the_leader().id).order_by(Account.name, Account.id)
    ).all()
    return render_template("leader/helpers.html", helpers=found, form=form), status


@blueprint.post("/helpers")
@for_leaders
def helpers_add() -> ResponseReturnValue:
    """Let somebody help."""
    form = HelperForm()
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
    text = form.account.data or ""
    if not form.validate() or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("unknown_account", "There is no such account.")
    in_transaction(
        lambda: enrolling.stop_help(
            leader=the_leader(), account_id=int(text), now=utc_now(), actor=signed_in().actor
        )
    )
    flash(_("This helper can hand out for you no longer."), "ok")
    return redirect(url_for("leader.helpers"), 303)
