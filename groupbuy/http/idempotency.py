"""A write with a key happens once: the first answer is stored in the transaction of its effect."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.db.upserts import insert_into
from groupbuy.flows.taking import Answered
from groupbuy.http.errors import problem_of
from groupbuy.http.models import IdempotencyKey
from groupbuy.kernel.errors import BadInput, GroupbuyError, TooMany, Unavailable
from groupbuy.kernel.repeats import Key

HEADER = "Idempotency-Key"
MAX_KEY = 255

Work = Callable[[], tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write answers: a status and a body as JSON text; ``replayed`` when it was given before."""

    status: int
    body: str
    replayed: bool = False


class _Beaten(Exception):
    """Say that a parallel request with the same key has answered first; ours is rolled back."""


def check_key(text: str) -> str:
    """Return the key; raise BadInput unless it is 1 to 255 visible ASCII characters."""
    if not 1 <= len(text) <= MAX_KEY or not all("!" <= char <= "~" for char in text):
        raise BadInput("bad_key", f"A key has 1 to {MAX_KEY} visible ASCII characters.", param=HEADER)
    return text


class Written(str):
    """JSON text that is ready."""

    __slots__ = ()


def write_json(value: Any) -> str:
    """Return a body as compact JSON text."""
    return (
        value
        if isinstance(value, Written | Answered)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    )


def answer_once(key: Key | None, work: Work, *, now: datetime) -> Answer:
    """Do the work in a transaction and answer; the same key again gives the same answer.

    A refusal by a rule (404, 409, 422 …) is an answer too and is kept; being too busy is none. Raise
    BadInput ``idempotency_key_reused`` when the key came with another request before, and what the
    work raises.
    """
    if key is None:
        status, body = in_transaction(work)
        return Answer(status, write_json(body))
    try:
        return in_transaction(lambda: _find(key) or _do(key, work, now))
    except _Beaten:
        return _first(key)
    except (TooMany, Unavailable):
        raise
    except GroupbuyError as error:
        return _keep_refusal(key, error, now)


def answer_unseen(key: Key | None, work: Work, *, now: datetime) -> Answer:
    """Do work that looks itself who asks and whether the key is new, and raises when either is not so.

    No refusal is kept, because nobody has been looked at.
    """
    if key is None:
        return answer_once(key, work, now=now)
    try:
        return in_transaction(lambda: _do(key, work, now))
    except _Beaten:
        return _first(key)


def find_answer(key: Key | None) -> Answer | None:
    """Return what was answered under a key before; raise BadInput ``idempotency_key_reused``."""
    return None if key is None else _find(key)


def _do(key: Key, work: Work, now: datetime) -> Answer:
    status, body = work()
    answer = Answer(status, write_json(body))
    if not isinstance(body, Answered) and not _store(key, answer, now):
        raise _Beaten
    return answer


def _keep_refusal(key: Key, error: GroupbuyError, now: datetime) -> Answer:
    if error.code == "idempotency_key_reused":
        raise error
    problem = problem_of(error)
    answer = Answer(problem.status, write_json(problem.as_json()))
    return answer if in_transaction(lambda: _store(key, answer, now)) else _first(key)


def _first(key: Key) -> Answer:
    db.session.rollback()
    first = _find(key)
    if first is None:
        raise Unavailable("busy", "The same request is under way; try again.", retry_after=1)
    return first


def _find(key: Key) -> Answer | None:
    row = db.session.execute(
        select(IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.body).where(
            IdempotencyKey.account_id == key.account_id, IdempotencyKey.key == key.text
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise BadInput("idempotency_key_reused", "This key came with another request before.", param=HEADER)
    return Answer(row.status, row.body, replayed=True)


def _store(key: Key, answer: Answer, now: datetime) -> bool:
    """Store an answer; False when another request has stored its own under the key."""
    stored = db.session.execute(
        insert_into(IdempotencyKey)
        .values(
            account_id=key.account_id,
            key=key.text,
            fingerprint=key.fingerprint,
            status=answer.status,
            body=answer.body,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.account_id)
    )
    return stored.scalar() is not None
