"""The own mobile number, for every role: a new one is proved by a code that is sent to it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.accounts import queries
from groupbuy.http import new_phones
from groupbuy.http.identity import current_identity
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.phones import mask_phone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.forms import NewPhoneForm, PhoneForm

DONE = 303


@blueprint.route("/phone", methods=["GET", "POST"])
def phone() -> ResponseReturnValue:
    """Change the own number; ``send`` sends a code to the new one. All other devices are signed out."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.phone")), 303)
    account_id = identity.account_id
    form, status = answer_form(account_id, identity.actor.name)
    if status == DONE:
        visit.enter(queries.get_account(account_id), identity.role)
        flash(_("Your number is changed; other devices are signed out."), "ok")
        return redirect(url_for("signin.devices"), 303)
    return render_template("signin/phone.html", form=form, **page_values(account_id, "signin.phone")), status


def answer_form(account_id: int, actor: str) -> tuple[NewPhoneForm, int]:
    """Return the form for an account's new number and the status of its page; ``DONE`` when it is changed."""
    sending = "send" in request.args
    form = NewPhoneForm()
    if request.method == "GET":
        return form, 200
    asked = PhoneForm() if sending else form
    if not asked.validate():
        form.phone.errors = asked.phone.errors
        return form, 422
    try:
        return form, _send(account_id, form) if sending else _change(account_id, form, actor)
    except GroupbuyError as error:
        field = form.code if error.param == "code" else form.phone
        field.errors = [*field.errors, translate_sentence(error.message)]
        return form, error.status


def _send(account_id: int, form: NewPhoneForm) -> int:
    form.phone.data = new_phones.send_code(
        account_id=account_id, phone=form.phone.data, visit=visit.visit_secret()
    )
    flash(_("A code is on its way; it is good for five minutes."), "ok")
    return 200


def _change(account_id: int, form: NewPhoneForm, actor: str) -> int:
    new_phones.change(
        account_id=account_id,
        phone=form.phone.data,
        code=form.code.data,
        visit=visit.visit_secret(),
        actor=actor,
    )
    return DONE


def page_values(whose: int, endpoint: str, **values: Any) -> dict[str, Any]:
    """Return what the page needs beside the form: the number now, and where the form is sent."""
    return {
        "number": mask_phone(queries.get_account(whose).phone),
        "action": url_for(endpoint, **values),
        "send_url": url_for(endpoint, send=1, **values),
    }
