"""Six digits that prove who holds a phone: for one purpose, in one visit, once, for five minutes."""

import hmac
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from sqlalchemy import ColumnElement, Update, func, select, update

from groupbuy.accounts import guessing
from groupbuy.accounts.guessing import Limit
from groupbuy.accounts.models import PhoneCode
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, GroupbuyError, TooMany
from groupbuy.kernel.phones import normalise_phone

LIFETIME = timedelta(minutes=5)
TRIES = 5
DIGITS = 6

Transaction = Callable[[], AbstractContextManager[None]]
Quota = Sequence[tuple[timedelta, int]]

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PER_PHONE: Quota = ((_MINUTE, 1), (_HOUR, 5), (_DAY, 10))
# A whole community may stand behind one address of a mobile network, so it has ten times as much.
PER_ADDRESS: Quota = ((_MINUTE, 10), (_HOUR, 50), (_DAY, 100))
IN_ALL: Quota = ((_MINUTE, 600), (_HOUR, 10_000))
# The row is locked for its lock alone; the quotas do the counting.
NEVER_BLOCKED = 10**9


class WrongCode(GroupbuyError):
    """Say that a code does not fit, and not whether it was wrong, used, too old or tried too often."""

    status = 401


def known_phone(text: str) -> str:
    """Return a phone as eleven digits; raise BadInput."""
    phone = normalise_phone(text)
    if phone is None:
        raise BadInput("phone", "This is no mobile number of eleven digits.", param="phone")
    return phone


def make_code(*, phone: str, purpose: str, visit: str, address: str, now: datetime) -> str:
    """Store a fresh code for a normalised phone and return it, to be sent after the commit.

    A code sent before in the same visit ends. Raise TooMany when the phone, the address or all together
    have had their share.
    """
    # Whoever else wants a code for this phone waits here until we are counted.
    guessing.count_try(Limit("send_code", phone, NEVER_BLOCKED), now=now)
    for condition, quota in (
        (PhoneCode.phone == phone, PER_PHONE),
        (PhoneCode.address == address, PER_ADDRESS),
        (PhoneCode.id.is_not(None), IN_ALL),
    ):
        _check_quota(condition, quota, now)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = PhoneCode(
        phone=phone,
        purpose=purpose,
        visit=_short(visit),
        digest=_digest(phone, purpose, visit, code),
        address=address,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(row)
    db.session.flush()
    return code


def _check_quota(condition: ColumnElement[bool], quota: Quota, now: datetime) -> None:
    for span, most in quota:
        count, first = db.session.execute(
            select(func.count(), func.min(PhoneCode.created_at)).where(
                condition, PhoneCode.created_at > now - span
            )
        ).one()
        if count >= most:
            wait = ceil((first + span - now).total_seconds())
            raise TooMany("too_many_codes", f"A code can be sent again in {wait} seconds.", retry_after=wait)


def check_code(
    *, phone: str, code: str, purpose: str, visit: str, now: datetime, transaction: Transaction
) -> str:
    """Return the normalised phone that the code proves; it cannot be used again.

    The edge lends its ``transaction``, so that a wrong try is counted. Raise WrongCode.
    """
    normal = normalise_phone(phone) or ""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    with transaction():
        tried = _count_try(normal, purpose, visit, now)
        right = tried is not None and hmac.compare_digest(tried[1], _digest(normal, purpose, visit, typed))
        if tried is not None and right:
            db.session.execute(_row(tried[0]).values(used_at=now))
    if not right:
        raise WrongCode("wrong_code", "This code is wrong or too old.", param="code")
    return normal


def _count_try(phone: str, purpose: str, visit: str, now: datetime) -> tuple[int, str] | None:
    """Count a try against the newest code of the visit; None when there is none that can be tried."""
    newest = db.session.scalar(
        select(PhoneCode.id)
        .where(PhoneCode.phone == phone, PhoneCode.purpose == purpose, PhoneCode.visit == _short(visit))
        .order_by(PhoneCode.id.desc())
        .limit(1)
    )
    if newest is None:
        return None
    alive = (PhoneCode.used_at.is_(None), PhoneCode.expires_at > now, PhoneCode.tries < TRIES)
    tried = db.session.execute(
        _row(newest).where(*alive).values(tries=PhoneCode.tries + 1).returning(PhoneCode.id, PhoneCode.digest)
    ).one_or_none()
    return None if tried is None else (tried[0], tried[1])


def _row(code_id: int) -> Update:
    return update(PhoneCode).where(PhoneCode.id == code_id).execution_options(synchronize_session=False)


def _short(visit: str) -> str:
    return sha256(visit.encode()).hexdigest()[:32]


def _digest(phone: str, purpose: str, visit: str, code: str) -> str:
    return sha256(f"{visit}|{purpose}|{phone}|{code}".encode()).hexdigest()
