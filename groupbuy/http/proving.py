"""Who has to prove more than a password or a code: a second factor, and the same person again."""

from datetime import datetime

from flask import Flask, current_app

from groupbuy.accounts import queries, second_factor
from groupbuy.accounts.rules import PROOF_LASTS, STAFF_ROLES
from groupbuy.accounts.second_factor import WrongFactor
from groupbuy.config import Settings
from groupbuy.db.transaction import transaction
from groupbuy.http.identity import Identity
from groupbuy.kernel.errors import NotAllowed

OBLIGED = "groupbuy_second_factor"
NONE, ASK, ENROL = "none", "ask", "enrol"


def init_proving(app: Flask, settings: Settings) -> None:
    """Note which roles are obliged to a second factor."""
    app.extensions[OBLIGED] = settings.second_factor


def factor_key() -> str:
    """Return the installation's own secret, from which those of the factors follow."""
    key: str = current_app.config["SECRET_KEY"]
    return key


def next_step(account_id: int) -> str:
    """Return what is missing after a password or a code: ``ask``, ``enrol``, or ``none``."""
    if second_factor.is_on(account_id):
        return ASK
    obliged = current_app.extensions[OBLIGED] & set(STAFF_ROLES)
    return ENROL if obliged & queries.roles_of(account_id) else NONE


def check_otp(account_id: int, code: str, *, now: datetime) -> None:
    """Take a second factor; raise WrongFactor ``wrong_otp``, TooMany while the account has to wait."""
    second_factor.check(account_id=account_id, code=code, key=factor_key(), now=now, transaction=transaction)


def check_for_token(account_id: int, otp: str | None, *, now: datetime) -> None:
    """Ask a program for what ``next_step`` misses.

    Raise WrongFactor ``otp_needed`` or ``wrong_otp``, NotAllowed ``second_factor_required``, TooMany.
    """
    step = next_step(account_id)
    if step == ENROL:
        raise NotAllowed("second_factor_required", "Switch the second factor on, on the page, before this.")
    if step == ASK and otp is None:
        raise WrongFactor("otp_needed", "Send the code of the authenticator app as well.", param="otp")
    if step == ASK and otp is not None:
        check_otp(account_id, otp, now=now)


def is_fresh(identity: Identity, *, now: datetime) -> bool:
    """Tell whether whoever asks has proved lately who it is."""
    return identity.proved_at is not None and identity.proved_at + PROOF_LASTS > now


def misses_factor(identity: Identity) -> bool:
    """Tell whether the role is obliged to a second factor and has none."""
    obliged = identity.role in current_app.extensions[OBLIGED]
    return obliged and not second_factor.is_on(identity.account_id)


def require_fresh(identity: Identity, *, now: datetime) -> None:
    """Raise NotAllowed ``second_factor_required`` or ``sign_in_again``."""
    if misses_factor(identity):
        raise NotAllowed("second_factor_required", "Switch the second factor on, on the page, before this.")
    if not is_fresh(identity, now=now):
        raise NotAllowed("sign_in_again", "Sign in again before this: the last time is too long ago.")
