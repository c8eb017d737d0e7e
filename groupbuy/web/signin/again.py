"""Proving again who is there, before a payout account, a password or a role is changed."""

from urllib.parse import urlsplit

from flask import Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import Length

from groupbuy.accounts import codes, queries, second_factor, tokens
from groupbuy.accounts.models import Account
from groupbuy.accounts.signing_in import check_password
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.http import proving
from groupbuy.http.identity import Identity, current_identity
from groupbuy.http.new_phones import code_sender
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.kernel.phones import mask_phone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.forms import NextForm

PURPOSE = "prove"
# What a thief of an open browser would change first. Leaders' payouts ask by themselves, for new payees.
SENSITIVE = frozenset(
    {
        "admin.suppliers_bank",
        "admin.suppliers_sign_in",
        "admin.users_new",
        "admin.users_roles",
        "admin.users_active",
        "admin.users_limits",
        "admin.users_factor",
        "admin.users_phone",
        "leader.helpers_add",
        "leader.helpers_share",
        "resident.me_password",
        "signin.phone",
        "signin.second_factor_off",
    }
)


class AgainForm(NextForm):
    """A password or a code, and the second factor where there is one."""

    password = PasswordField(_l("Password"), validators=[Length(max=128)])
    code = StringField(_l("Code"), validators=[Length(max=20)])
    otp = StringField(_l("Code of the authenticator app"), validators=[Length(max=32)])


def install(app: Flask) -> None:
    """Let nobody open what is sensitive without a fresh proof."""
    app.before_request(_ask_again)


def _ask_again() -> ResponseReturnValue | None:
    if request.endpoint not in SENSITIVE:
        return None
    identity = current_identity()
    if identity is None or proving.is_fresh(identity, now=utc_now()):
        return None
    return send_to_prove(request.path if request.method == "GET" else _page_before())


def _page_before() -> str | None:
    """Return the page on which a form was sent: what was typed is lost, but no way."""
    return visit.own_path(urlsplit(request.referrer or "").path)


def send_to_prove(next_: str | None) -> ResponseReturnValue:
    """Send somebody to prove who it is and then on."""
    flash(_("Please sign in once more before this."), "info")
    return redirect(url_for("signin.again", next=next_), 303)


@blueprint.route("/again", methods=["GET", "POST"])
def again() -> ResponseReturnValue:
    """Ask for password or code, and the second factor; ``send`` sends a code."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in"), 303)
    account, form = queries.get_account(identity.account_id), AgainForm()
    if request.method == "GET":
        form.next.data = visit.own_path(request.args.get("next"))
    elif not form.validate():
        return _page(account, form, 422)
    else:
        return _send(account, form) if "send" in request.args else _prove(identity, account, form)
    return _page(account, form)


def _page(account: Account, form: AgainForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "signin/again.html",
        form=form,
        phone=mask_phone(account.phone),
        by_password=account.password_hash is not None,
        factor=second_factor.is_on(account.id),
        action=url_for("signin.again"),
        send_url=url_for("signin.again", send=1),
    )
    return page, status


def _send(account: Account, form: AgainForm) -> ResponseReturnValue:
    phone = account.phone
    try:
        code = in_transaction(
            lambda: codes.make_code(
                phone=phone,
                purpose=PURPOSE,
                visit=visit.visit_secret(),
                address=request.remote_addr or "",
                now=utc_now(),
            )
        )
        code_sender().send(phone, code)
    except GroupbuyError as error:
        return _refuse(account, form, translate_sentence(error.message), error.status)
    except OSError:
        sentence = _("The code could not be sent just now. Please try again in a minute.")
        return _refuse(account, form, sentence, 503)
    flash(_("A code is on its way; it is good for five minutes."), "ok")
    return redirect(url_for("signin.again", next=visit.own_path(form.next.data)), 303)


def _prove(identity: Identity, account: Account, form: AgainForm) -> ResponseReturnValue:
    try:
        _check_first(account, form)
        if second_factor.is_on(account.id):
            proving.check_otp(account.id, form.otp.data or "", now=utc_now())
    except GroupbuyError as error:
        return _refuse(account, form, translate_sentence(error.message), error.status)
    digest = tokens.digest_of(identity.session_secret or "")
    in_transaction(lambda: tokens.note_proof(digest=digest, now=utc_now()))
    return redirect(visit.own_path(form.next.data) or visit.start_page(), 303)


def _check_first(account: Account, form: AgainForm) -> None:
    """Check a code where one was typed, else the password; raise what these raise."""
    if form.code.data:
        codes.check_code(
            phone=account.phone,
            code=form.code.data,
            purpose=PURPOSE,
            visit=visit.visit_secret(),
            now=utc_now(),
            transaction=transaction,
        )
    elif form.password.data and account.password_hash is not None:
        check_password(
            phone=account.phone,
            password=form.password.data,
            address=request.remote_addr or "",
            now=utc_now(),
            transaction=transaction,
        )
    else:
        raise BadInput("required", "Type the password or a code.", param="password")


def _refuse(account: Account, form: AgainForm, sentence: str, status: int) -> ResponseReturnValue:
    form.form_errors.append(sentence)
    return _page(account, form, status)
