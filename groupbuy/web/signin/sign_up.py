"""Becoming a resident: name, room, leader and consent, after the phone was proved."""

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import joining
from groupbuy.http.identity import current_identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders import queries as leaders
from groupbuy.leaders.models import Leader
from groupbuy.members.service import CONSENT_VERSION
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.forms import SignUpForm

MOST_LEADERS = 50


@blueprint.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """Ask for what a leader needs to know, and make the resident."""
    next_ = visit.own_path(request.values.get("next"))
    phone = _phone_of_somebody_new()
    if phone is None:
        return redirect(url_for("signin.sign_in", next=next_), 303)
    form = SignUpForm()
    if request.method == "GET":
        form.next.data, form.leader.data = next_, session.get(visit.LEADER, "")
    leader = leaders.find_active(form.leader.data)
    if form.validate_on_submit():
        if leader is not None:
            return _join(form, phone, leader, next_)
        form.leader.errors = [*form.leader.errors, _("Choose a leader from the list, or type the code.")]
    return _page(form, phone, leader, 422 if form.errors else 200)


def _phone_of_somebody_new() -> str | None:
    identity = current_identity()
    return None if identity is not None and identity.resident_ids else visit.phone_of_visitor()


def _join(form: SignUpForm, phone: str, leader: Leader, next_: str | None) -> ResponseReturnValue:
    name, room, leader_id = form.name.data, form.room.data, leader.id
    try:
        account = in_transaction(
            lambda: joining.join(phone=phone, name=name, room=room, leader_id=leader_id, now=utc_now())
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return _page(form, phone, leader, error.status)
    visit.enter(account, "resident")
    return redirect(next_ or visit.start_page(), 303)


def _page(form: SignUpForm, phone: str, leader: Leader | None, status: int) -> ResponseReturnValue:
    page = render_template(
        "signin/sign_up.html",
        form=form,
        phone=mask_phone(phone),
        leader=leader,
        choices=[] if leader else leaders.active_leaders(most=MOST_LEADERS),
    )
    return page, status


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """Show what residents consent to."""
    return render_template("signin/privacy.html", version=CONSENT_VERSION)
