"""The second factor: asked for at sign-in, switched on with a QR code, and off."""

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.accounts import queries, second_factor
from groupbuy.accounts.models import Account
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.qr import code_of
from groupbuy.http import proving
from groupbuy.http.identity import current_identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint

PENDING = "half_signed_in"
SEED = "factor_seed"
PENDING_LASTS = timedelta(minutes=10)
MAX_OTP = 32


class FactorForm(PageForm):
    """A code of the authenticator app."""

    otp = StringField(
        _l("Code of the authenticator app"),
        validators=[InputRequired(_l("Type the six digits that the app shows.")), Length(max=MAX_OTP)],
    )


def wait_for_factor(account: Account, role: str, next_: str | None) -> ResponseReturnValue | None:
    """Send whoever proved the first factor to the second; None where none is missing."""
    step = proving.next_step(account.id)
    if step == proving.NONE:
        return None
    session[PENDING] = {"account": account.id, "role": role, "next": next_, "at": utc_now().isoformat()}
    place = "signin.second_step" if step == proving.ASK else "signin.second_factor"
    return redirect(url_for(place), 303)


def _pending() -> Account | None:
    """Return who has proved the first factor in this browser lately."""
    kept = session.get(PENDING)
    if kept is None or datetime.fromisoformat(kept["at"]) + PENDING_LASTS <= utc_now():
        return None
    account = queries.get_account(kept["account"])
    return account if account.active else None


def _enter(account: Account) -> ResponseReturnValue:
    kept = session[PENDING]
    visit.enter(account, kept["role"])
    if len(queries.roles_of(account.id)) > 1 and kept["next"] is None:
        return redirect(url_for("signin.choose_role"), 303)
    return redirect(kept["next"] or visit.start_page(), 303)


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """Ask for the second factor and let in."""
    account, form = _pending(), FactorForm()
    if account is None:
        return redirect(url_for("signin.sign_in"), 303)
    status = 200
    if form.validate_on_submit():
        try:
            proving.check_otp(account.id, form.otp.data, now=utc_now())
        except GroupbuyError as error:
            form.otp.errors, status = [translate_sentence(error.message)], error.status
        else:
            return _enter(account)
    elif form.errors:
        status = 422
    return render_template("signin/second_step.html", form=form), status


@blueprint.route("/second-factor", endpoint="second_factor", methods=["GET", "POST"])
def own_factor() -> ResponseReturnValue:
    """Show whether the own factor is on; learn and confirm a new one."""
    account = _whose()
    if account is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.second_factor")), 303)
    account_id, form, status = account.id, FactorForm(), 200
    if second_factor.is_on(account_id):
        return render_template("signin/factor_on.html")
    if SEED not in session:
        session[SEED] = second_factor.fresh_seed()
    if form.validate_on_submit():
        try:
            return _show_recovery_codes(account, _confirm(account_id, form.otp.data))
        except GroupbuyError as error:
            form.otp.errors, status = [translate_sentence(error.message)], error.status
    elif form.errors:
        status = 422
    return _learn_page(account, form), status


def _whose() -> Account | None:
    identity = current_identity()
    return _pending() if identity is None else queries.get_account(identity.account_id)


def _confirm(account_id: int, code: str) -> list[str]:
    seed = session[SEED]
    codes = in_transaction(
        lambda: second_factor.switch_on(
            account_id=account_id,
            seed=seed,
            code=code,
            key=proving.factor_key(),
            now=utc_now(),
            actor=f"account:{account_id}",
        )
    )
    del session[SEED]
    return codes


def _learn_page(account: Account, form: FactorForm) -> str:
    secret = second_factor.secret_of(seed=session[SEED], key=proving.factor_key())
    address = second_factor.address_of(account=account, secret=secret)
    return render_template(
        "signin/factor_learn.html",
        form=form,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        qr=Markup(code_of(address).svg_inline(border=2, omitsize=True)),  # noqa: S704 - drawn by segno from an address of ours.
        obliged=current_identity() is None,
    )


def _show_recovery_codes(account: Account, codes: list[str]) -> ResponseReturnValue:
    """Let in who was half signed in, and show the codes this once."""
    there = visit.start_page()
    if current_identity() is None:
        kept = session[PENDING]
        visit.enter(account, kept["role"])
        there = kept["next"] or there
    return render_template("signin/recovery_codes.html", codes=codes, there=there)


@blueprint.post("/second-factor/off")
def second_factor_off() -> ResponseReturnValue:
    """Switch the own factor off; an obliged account learns a new one at the next sign-in."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.second_factor")), 303)
    account_id, actor = identity.account_id, identity.actor.name
    in_transaction(lambda: second_factor.remove(account_id=account_id, now=utc_now(), actor=actor))
    flash(_("The second factor is switched off."), "ok")
    return redirect(url_for("signin.devices"), 303)
