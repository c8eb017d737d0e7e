"""Answers and wrong tries are kept only as long as they are of use."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from groupbuy.accounts.models import Guess
from groupbuy.db import db
from groupbuy.http.models import IdempotencyKey

# Nobody repeats a request after a week; who signed in from somewhere is trusted there for two months.
KEEP_ANSWERS = timedelta(days=7)
KEEP_GUESSES = timedelta(days=60)


def any_old(*, now: datetime) -> bool:
    """Tell whether there is anything to forget."""
    answers = exists().where(IdempotencyKey.created_at < now - KEEP_ANSWERS)
    guesses = exists().where(Guess.last_at < now - KEEP_GUESSES)
    return bool(db.session.scalar(select(answers | guesses)))


def forget_old(*, now: datetime) -> None:
    """Delete old answers and wrong tries."""
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEEP_ANSWERS))
    db.session.execute(delete(Guess).where(Guess.last_at < now - KEEP_GUESSES))
