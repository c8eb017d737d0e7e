"""Becoming a leader: apply, see where the application stands, accept the agreement.

Whoever holds a proven phone may apply, in any role or none.
"""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from groupbuy.accounts import queries as accounts
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import recruiting
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders import applying, rules
from groupbuy.leaders.agreement import agreement_in_force
from groupbuy.leaders.models import Leader
from groupbuy.web.degrees import DegreesField
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint

MAY_APPLY = (None, "rejected", "exited")


class ApplicationForm(PageForm):
    """What somebody writes to become a leader."""

    name = StringField(
        _l("Your name"),
        validators=[InputRequired(_l("Tell us what to call you.")), Length(max=rules.MAX_NAME)],
    )
    community = StringField(
        _l("Community"),
        validators=[InputRequired(_l("For which community?")), Length(max=rules.MAX_COMMUNITY)],
    )
    address = StringField(
        _l("Pickup point"),
        validators=[InputRequired(_l("Where will residents pick up?")), Length(max=rules.MAX_ADDRESS)],
    )
    latitude = DegreesField(_l("Latitude"), validators=[Optional()])
    longitude = DegreesField(_l("Longitude"), validators=[Optional()])
    why = TextAreaField(
        _l("Why you"),
        validators=[InputRequired(_l("Tell us why, in a few words.")), Length(max=rules.MAX_WHY)],
    )
    email = StringField(_l("Mail"), validators=[Length(max=rules.MAX_EMAIL)])
    consent = BooleanField(validators=[InputRequired(_l("Please agree to the privacy terms to go on."))])


class AgreeForm(PageForm):
    """Accept the agreement that was read."""

    version = HiddenField()
    agree = BooleanField(
        _l("I have read the agreement and accept it"),
        validators=[InputRequired(_l("Please tick the box to go on."))],
    )


@blueprint.route("/become-leader", methods=["GET", "POST"])
def become_leader() -> ResponseReturnValue:
    """Show the form, or where the application stands; take an application."""
    phone = visit.phone_of_visitor()
    if phone is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.become_leader")), 303)
    leader, form = _candidate(phone), ApplicationForm()
    if form.validate_on_submit():
        return _apply(form, phone)
    again = request.args.get("again") == "1"
    if not form.is_submitted() and not _shows_form(leader, again):
        return _status_page(leader, AgreeForm())
    return _form_page(form, phone, leader, 422 if form.errors else 200)


def _candidate(phone: str) -> Leader | None:
    account = accounts.find_account(phone)
    return None if account is None else applying.candidate_of(account.id)


def _shows_form(leader: Leader | None, again: bool) -> bool:
    return leader is None or (again and leader.state in MAY_APPLY)


def _form_page(form: ApplicationForm, phone: str, leader: Leader | None, status: int) -> ResponseReturnValue:
    page = render_template("signin/become_leader.html", form=form, phone=mask_phone(phone), leader=leader)
    return page, status


def _apply(form: ApplicationForm, phone: str) -> ResponseReturnValue:
    try:
        wanted = applying.wanted_from(
            name=form.name.data,
            community=form.community.data,
            address=form.address.data,
            why=form.why.data,
            latitude_e6=form.latitude.data,
            longitude_e6=form.longitude.data,
            email=form.email.data or "",
        )
        in_transaction(lambda: recruiting.apply(phone=phone, wanted=wanted, now=utc_now()))
    except GroupbuyError as error:
        field = form._fields.get(error.param or "")
        sentence = translate_sentence(error.message)
        if field is None:
            form.form_errors.append(sentence)
        else:
            field.errors = [*field.errors, sentence]
        return _form_page(form, phone, _candidate(phone), error.status)
    flash(_("Your application has been sent."), "ok")
    return redirect(url_for("signin.become_leader"), 303)


def _status_page(leader: Leader | None, form: AgreeForm, status: int = 200) -> ResponseReturnValue:
    if leader is None:
        raise NotFound("unknown_application", "You have not applied to be a leader.")
    agreement = agreement_in_force()
    form.version.data = str(agreement.version)
    page = render_template(
        "signin/application.html",
        leader=leader,
        application=applying.application_of(leader),
        agreement=agreement,
        form=form,
        may_apply=leader.state in MAY_APPLY,
    )
    return page, status


@blueprint.post("/become-leader/agree")
def become_leader_agree() -> ResponseReturnValue:
    """Accept the agreement, and begin as a leader."""
    phone = visit.phone_of_visitor()
    account = None if phone is None else accounts.find_account(phone)
    if account is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.become_leader")), 303)
    form, account_id = AgreeForm(), account.id
    seen = form.version.data or ""
    if not form.validate():
        return _status_page(applying.candidate_of(account_id), form, 422)
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    try:
        in_transaction(lambda: recruiting.accept(account_id=account_id, version=version, now=utc_now()))
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return _status_page(applying.candidate_of(account_id), form, error.status)
    visit.enter(accounts.get_account(account_id), "leader")
    flash(_("Welcome! Your desk is open: share your first round."), "ok")
    return redirect(visit.start_page(), 303)
