"""Limits against guessing, kept in the database so that every process counts the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Update, case, select, update

from groupbuy.accounts.models import Guess
from groupbuy.accounts.rules import FREE_TRIES, guess_delay_s
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import TooMany

# After an hour of peace the count begins anew.
MEMORY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """Who guesses at what, and how many wrong tries are free before each further one has to wait."""

    kind: str
    subject: str
    free: int = FREE_TRIES

    @property
    def key(self) -> tuple[str, str]:
        """Return the row's key; the subject is hashed, so that no phone stands in it."""
        return self.kind, sha256(self.subject.encode()).hexdigest()[:32]


def check(limit: Limit, *, now: datetime) -> None:
    """Raise TooMany while the guesser has to wait."""
    kind, subject = limit.key
    _refuse_until(
        db.session.scalar(select(Guess.blocked_until).where(Guess.kind == kind, Guess.subject == subject)),
        now,
    )


def count_try(limit: Limit, *, now: datetime) -> None:
    """Count a try as wrong until it is known to be right; parallel tries take turns on the row.

    Raise TooMany while the guesser has to wait.
    """
    kind, subject = limit.key
    forgotten = Guess.last_at < now - MEMORY
    tried = db.session.execute(
        insert_into(Guess)
        .values(kind=kind, subject=subject, failures=1, last_at=now)
        .on_conflict_do_update(
            index_elements=["kind", "subject"],
            set_={"failures": case((forgotten, 1), else_=Guess.failures + 1), "last_at": now},
        )
        .returning(Guess.failures, Guess.blocked_until)
    ).one()
    _refuse_until(tried.blocked_until, now)
    if delay := guess_delay_s(tried.failures, limit.free):
        db.session.execute(_of(limit).values(blocked_until=now + timedelta(seconds=delay)))


def _refuse_until(moment: datetime | None, now: datetime) -> None:
    if moment is not None and moment > now:
        wait = int((moment - now).total_seconds()) + 1
        raise TooMany("too_many_tries", f"Too many wrong tries; wait {wait} seconds.", retry_after=wait)


def note_success(limit: Limit, *, now: datetime) -> None:
    """Forget the wrong tries and remember that this guesser knows the answer."""
    kind, subject = limit.key
    clean = {"failures": 0, "last_at": now, "blocked_until": None, "trusted_at": now}
    statement = insert_into(Guess).values(kind=kind, subject=subject, **clean)
    db.session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=clean))


def take_back(limit: Limit) -> None:
    """Count one wrong try less: it was right after all."""
    db.session.execute(_of(limit).where(Guess.failures > 0).values(failures=Guess.failures - 1))


def is_trusted(limit: Limit) -> bool:
    """Tell whether this guesser has guessed right before."""
    kind, subject = limit.key
    return (
        db.session.scalar(select(Guess.trusted_at).where(Guess.kind == kind, Guess.subject == subject))
        is not None
    )


def _of(limit: Limit) -> Update:
    kind, subject = limit.key
    return (
        update(Guess)
        .where(Guess.kind == kind, Guess.subject == subject)
        .execution_options(synchronize_session=False)
    )
