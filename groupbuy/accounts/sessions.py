"""The browsers in which an account is signed in, for their owner to look at and to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from groupbuy.accounts.models import Account, WebSession
from groupbuy.accounts.rules import device_name, session_limits
from groupbuy.accounts.tokens import digest_of
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in; ``here`` is the one that asks."""

    id: int
    device: str
    role: str
    since: datetime
    seen_at: datetime
    here: bool


def open_sessions(*, account_id: int, secret: str | None, now: datetime) -> list[OpenSession]:
    """Return an account's open sessions, the one with the secret first, then by their last use."""
    digest = digest_of(secret) if secret else ""
    found = [
        OpenSession(
            row.id, device_name(row.device), row.role, row.created_at, row.seen_at, row.digest == digest
        )
        for row in _open(account_id)
        if _lasts(row, now)
    ]
    return sorted(found, key=lambda one: (one.here, one.seen_at), reverse=True)


def _open(account_id: int) -> Sequence[WebSession]:
    return db.session.scalars(
        select(WebSession)
        .join(Account, Account.id == WebSession.account_id)
        .where(WebSession.account_id == account_id, WebSession.ended_at.is_(None))
        .where(WebSession.epoch == Account.session_epoch)
    ).all()


def _lasts(row: WebSession, now: datetime) -> bool:
    idle, longest = session_limits(row.role)
    return row.seen_at + idle > now and row.created_at + longest > now


def end_session(*, account_id: int, session_id: int, now: datetime, actor: str) -> None:
    """End one of an account's sessions; raise NotFound for another's or one that has ended."""
    if not _end(account_id, now, WebSession.id == session_id):
        raise NotFound("unknown_session", "This device is not signed in any more.")
    _note(account_id, 1, now, actor)


def end_others(*, account_id: int, secret: str, now: datetime, actor: str) -> int:
    """End all sessions of an account but the one with the secret; return how many that were."""
    ended = _end(account_id, now, WebSession.digest != digest_of(secret))
    if ended:
        _note(account_id, ended, now, actor)
    return ended


def _end(account_id: int, now: datetime, which: ColumnElement[bool]) -> int:
    ended = db.session.execute(
        update(WebSession)
        .where(WebSession.account_id == account_id, WebSession.ended_at.is_(None), which)
        .values(ended_at=now)
        .returning(WebSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def _note(account_id: int, count: int, now: datetime, actor: str) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb="sessions_ended",
        subject_kind="account",
        subject=str(account_id),
        after={"sessions": count},
    )
