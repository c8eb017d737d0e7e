"""Answers, wrong tries, codes, sessions and tokens are kept only as long as they are of use."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select

from groupbuy.accounts.models import ApiToken, Guess, PhoneCode, UploadDay, WebSession
from groupbuy.accounts.rules import LONGEST_PEOPLE
from groupbuy.db import db
from groupbuy.http.models import IdempotencyKey

# Nobody repeats a request after a week; who signed in from somewhere is trusted there for two months.
KEEP_ANSWERS = timedelta(days=7)
KEEP_GUESSES = timedelta(days=60)
# The quotas of sending look back a day. What has ended helps nobody but a thief of backups.
KEEP_CODES = timedelta(days=2)
KEEP_ENDED = timedelta(days=7)


def any_old(*, now: datetime) -> bool:
    """Tell whether there is anything to forget."""
    answers = exists().where(IdempotencyKey.created_at < now - KEEP_ANSWERS)
    guesses = exists().where(Guess.last_at < now - KEEP_GUESSES)
    codes = exists().where(PhoneCode.created_at < now - KEEP_CODES)
    uploads = exists().where(UploadDay.day < (now - KEEP_CODES).date())
    return bool(db.session.scalar(select(answers | guesses | codes | uploads | _old_session(now))))


def _old_session(now: datetime) -> ColumnElement[bool]:
    """Return whether the oldest session has ended for certain: one row by its key, however many there are."""
    oldest = select(WebSession.created_at).order_by(WebSession.id).limit(1).scalar_subquery()
    return func.coalesce(oldest < now - LONGEST_PEOPLE - KEEP_ENDED, False)


def forget_old(*, now: datetime) -> None:
    """Delete old answers, wrong tries and codes, and sessions and tokens that ended a week ago."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEEP_ANSWERS))
    db.session.execute(delete(Guess).where(Guess.last_at < now - KEEP_GUESSES))
    db.session.execute(delete(UploadDay).where(UploadDay.day < (now - KEEP_CODES).date()))
    db.session.execute(delete(PhoneCode).where(PhoneCode.created_at < now - KEEP_CODES))
    ended = now - KEEP_ENDED
    db.session.execute(
        delete(WebSession).where(
            or_(WebSession.created_at < ended - LONGEST_PEOPLE, WebSession.ended_at < ended)
        )
    )
    db.session.execute(delete(ApiToken).where(or_(ApiToken.expires_at < ended, ApiToken.revoked_at < ended)))
