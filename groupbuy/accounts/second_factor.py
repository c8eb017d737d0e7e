"""A second factor: six digits of an authenticator app (TOTP, RFC 6238), and recovery codes on paper.

The edges pass ``key``, the installation's own secret, which no table holds.
"""

import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import sha256

import pyotp
from sqlalchemy import delete, insert, select, update

from groupbuy.accounts import guessing, telling
from groupbuy.accounts.guessing import Limit
from groupbuy.accounts.models import Account, RecoveryCode, SecondFactor
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken

ISSUER = "Groupbuy"
STEP_S = 30
# A phone's clock may be a step early or late.
STEPS = (-1, 0, 1)
RECOVERY_CODES = 10
# 80 bits: a copy of the table cannot be tried through.
RECOVERY_LENGTH = 16
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"

Transaction = Callable[[], AbstractContextManager[None]]


class WrongFactor(GroupbuyError):
    """Say that the second factor does not fit, or is still to be sent."""

    status = 401


def is_on(account_id: int) -> bool:
    """Tell whether an account needs its second factor to come in."""
    mine = select(SecondFactor.account_id).where(SecondFactor.account_id == account_id)
    return db.session.scalar(mine) is not None


def fresh_seed() -> str:
    """Return what a new factor grows from; the edge keeps it until it is confirmed."""
    return secrets.token_hex(16)


def secret_of(*, seed: str, key: str) -> str:
    """Return the secret that an app is to learn, in base 32."""
    return b32encode(hmac.new(key.encode(), f"totp:{seed}".encode(), sha256).digest()[:20]).decode()


def address_of(*, account: Account, secret: str) -> str:
    """Return the ``otpauth://`` address that apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{account.name}-{account.id}", issuer_name=ISSUER)


def switch_on(*, account_id: int, seed: str, code: str, key: str, now: datetime, actor: str) -> list[str]:
    """Switch a factor on by a first code of the app; return the recovery codes, shown this once.

    Raise RuleBroken ``factor_on``, BadInput ``wrong_otp``.
    """
    step = _step_of(seed, code, key, now)
    if step is None:
        raise BadInput("wrong_otp", "This code is wrong; is the phone's clock right?", param="otp")
    fresh = insert_into(SecondFactor).values(
        account_id=account_id, seed=seed, confirmed_at=now, last_step=step
    )
    stored = fresh.on_conflict_do_nothing().returning(SecondFactor.account_id)
    if db.session.execute(stored).scalar() is None:
        raise RuleBroken("factor_on", "The second factor is switched on already.")
    _log("second_factor_on", account_id, now, actor)
    telling.tell(account_id=account_id, what="factor_on", now=now)
    return _fresh_recovery_codes(account_id)


def _fresh_recovery_codes(account_id: int) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    rows = [{"account_id": account_id, "digest": _digest(account_id, code)} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def remove(*, account_id: int, now: datetime, actor: str) -> bool:
    """Switch the factor off and tell the phone; False when it was not on."""
    row = _locked(account_id)
    if row is None:
        return False
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    db.session.delete(row)
    db.session.flush()
    _log("second_factor_off", account_id, now, actor)
    telling.tell(account_id=account_id, what="factor_off", now=now)
    return True


def check(*, account_id: int, code: str, key: str, now: datetime, transaction: Transaction) -> None:
    """Take a code of the app or a recovery code, once; the edge lends its ``transaction``.

    A wrong try is counted whatever becomes of the request. Raise WrongFactor ``wrong_otp``, TooMany.
    """
    limit = Limit("second_factor", str(account_id))
    with transaction():
        guessing.count_try(limit, now=now)
    with transaction():
        right = _take_code(account_id, code, key, now) or _take_recovery(account_id, code, now)
        if right:
            guessing.note_success(limit, now=now)
    if not right:
        raise WrongFactor("wrong_otp", "This code is wrong or was used already.", param="otp")


def _take_code(account_id: int, code: str, key: str, now: datetime) -> bool:
    row = _locked(account_id)
    step = None if row is None else _step_of(row.seed, code, key, now)
    if row is None or step is None or step <= row.last_step:
        return False
    row.last_step = step
    db.session.flush()
    return True


def _step_of(seed: str, code: str, key: str, now: datetime) -> int | None:
    """Return the latest time step that a code fits; None for a wrong one."""
    typed = "".join(code.split()).encode()
    app = pyotp.HOTP(secret_of(seed=seed, key=key))
    current = int(now.timestamp()) // STEP_S
    fits = [step for shift in STEPS if hmac.compare_digest(app.at(step := current + shift).encode(), typed)]
    return max(fits, default=None)


def _take_recovery(account_id: int, code: str, now: datetime) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.digest == _digest(account_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.account_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if used is not None:
        _log("recovery_code_used", account_id, now, f"account:{account_id}")
        telling.tell(account_id=account_id, what="recovery", now=now)
    return used is not None


def _locked(account_id: int) -> SecondFactor | None:
    return db.session.get(SecondFactor, account_id, with_for_update=True, populate_existing=True)


def _digest(account_id: int, code: str) -> str:
    plain = "".join(code.split()).replace("-", "").lower()
    return sha256(f"{account_id}:{plain}".encode()).hexdigest()


def _log(verb: str, account_id: int, now: datetime, actor: str) -> None:
    db.session.flush()
    audit.record(at=now, actor=actor, verb=verb, subject_kind="account", subject=str(account_id))
