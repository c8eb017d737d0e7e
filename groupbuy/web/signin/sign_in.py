"""Signing in by phone with a code or a password, and out."""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from groupbuy.accounts import codes, queries
from groupbuy.accounts.models import Account
from groupbuy.accounts.rules import highest
from groupbuy.accounts.signing_in import check_password
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.http.identity import current_identity
from groupbuy.http.new_phones import code_sender
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotAllowed
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint, shows_wechat
from groupbuy.web.signin.factor import wait_for_factor
from groupbuy.web.signin.forms import CodeForm, PasswordForm, PhoneForm

PURPOSE = "sign_in"


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the form; ``by=password`` asks for a password."""
    next_ = visit.own_path(request.args.get("next"))
    if current_identity() is not None:
        return redirect(next_ or visit.start_page(), 303)
    if request.args.get("by") == "password":
        return _page(PasswordForm(next=next_), "password")
    return _page(CodeForm(next=next_, phone=session.get(visit.PHONE)), "code")


def _page(form: PhoneForm, method: str, status: int = 200) -> ResponseReturnValue:
    form.next.data = next_ = visit.own_path(form.next.data)
    other = "password" if method == "code" else "code"
    page = render_template(
        "signin/sign_in.html",
        form=form,
        method=method,
        other_url=url_for("signin.sign_in", by=other, next=next_),
        action=url_for("signin.sign_in"),
        send_url=url_for("signin.sign_in", send=1),
        wechat=shows_wechat(),
        linking=visit.pending_openid() is not None,
        next=next_,
        joining=visit.is_for_residents(next_),
    )
    return page, status


@blueprint.post("/sign-in")
def sign_in_post() -> ResponseReturnValue:
    """Sign in by whatever was sent: a password, or a code; with ``send`` send a code first."""
    if "send" in request.args:
        return _send_code(CodeForm(), PhoneForm())
    return _by_password(PasswordForm()) if "password" in request.form else _by_code(CodeForm())


def _by_password(form: PasswordForm) -> ResponseReturnValue:
    if not form.validate():
        return _page(form, "password", 422)
    try:
        account = check_password(
            phone=form.phone.data,
            password=form.password.data,
            address=request.remote_addr or "",
            now=utc_now(),
            transaction=transaction,
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return _page(form, "password", error.status)
    return go_on(account, visit.own_path(form.next.data))


def _by_code(form: CodeForm) -> ResponseReturnValue:
    if not form.validate():
        return _page(form, "code", 422)
    try:
        phone = codes.check_code(
            phone=form.phone.data,
            code=form.code.data,
            purpose=PURPOSE,
            visit=visit.visit_secret(),
            now=utc_now(),
            transaction=transaction,
        )
    except GroupbuyError as error:
        form.code.errors = [*form.code.errors, translate_sentence(error.message)]
        return _page(form, "code", error.status)
    next_ = visit.own_path(form.next.data)
    account = queries.find_account(phone)
    return _sign_up(phone, next_) if account is None else go_on(account, next_)


def _send_code(form: CodeForm, asked: PhoneForm) -> ResponseReturnValue:
    """Send a code to the phone; whether it has an account makes no difference."""
    if not asked.validate():
        form.phone.errors = asked.phone.errors
        return _page(form, "code", 422)
    try:
        _send(codes.known_phone(asked.phone.data))
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return _page(form, "code", error.status)
    except OSError:
        form.form_errors.append(_("The code could not be sent just now. Please try again in a minute."))
        return _page(form, "code", 503)
    flash(_("A code is on its way; it is good for five minutes."), "ok")
    session[visit.PHONE] = asked.phone.data
    return redirect(url_for("signin.sign_in", next=visit.own_path(form.next.data)), 303)


def _send(phone: str) -> None:
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


def go_on(account: Account, next_: str | None) -> ResponseReturnValue:
    """Let a proved account in: as a resident where the next page is for residents, else as high as it is."""
    if not account.active:
        raise NotAllowed("account_disabled", "This account has been disabled; ask your leader.")
    roles = queries.roles_of(account.id)
    if not roles:
        return _sign_up(account.phone, next_)
    as_resident = visit.is_for_residents(next_) and "resident" in roles
    role = "resident" if as_resident else highest(roles)
    if (waiting := wait_for_factor(account, role, next_)) is not None:
        return waiting
    visit.enter(account, role)
    if len(roles) > 1 and next_ is None:
        return redirect(url_for("signin.choose_role"), 303)
    return redirect(next_ or visit.start_page(), 303)


def _sign_up(phone: str, next_: str | None) -> ResponseReturnValue:
    visit.note_proof(phone)
    if visit.is_for_applicants(next_):
        return redirect(next_ or visit.start_page(), 303)
    return redirect(url_for("signin.sign_up", next=next_), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session, on the server too."""
    visit.leave()
    flash(_("You have signed out."), "ok")
    return redirect(visit.start_page(), 303)
