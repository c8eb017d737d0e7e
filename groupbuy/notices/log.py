"""The log of notices: what left by which channel, what became of it, and sending it once more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.jobs import service as jobs
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.notices.telling import JOBS, reword

QUEUED, FAILED, ACCEPTED, PRINTED, GIVEN_UP = "queued", "failed", "accepted", "printed", "given_up"
MOST_AT_ONCE = 10_000
PHASES = (QUEUED, FAILED, ACCEPTED, PRINTED, GIVEN_UP)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the log somebody wants; None is any."""

    event: str | None = None
    channel: str | None = None
    phase: str | None = None
    recipient: str | None = None


def phase_of(message: Message) -> str:
    """Return where a notice stands: ``failed`` is tried again by itself, ``given_up`` waits for a person."""
    if message.state == "failed":
        return GIVEN_UP
    if message.state in (ACCEPTED, PRINTED):
        return message.state
    return FAILED if message.last_error else QUEUED


def entries(asked: Asked) -> Select[Message]:
    """Return the query of a part of the log, the newest first."""
    statement = select(Message).where(Message.event.is_not(None)).order_by(Message.id.desc())
    if asked.event:
        statement = statement.where(Message.event == asked.event)
    if asked.channel:
        statement = statement.where(Message.channel == asked.channel)
    if asked.recipient:
        statement = statement.where(Message.recipient == asked.recipient)
    return statement.where(*_in_phase(asked.phase)) if asked.phase else statement


def _in_phase(phase: str) -> tuple[ColumnElement[bool], ...]:
    waiting = Message.state.in_(("queued", "sending"))
    return {
        QUEUED: (waiting, Message.last_error.is_(None)),
        FAILED: (waiting, Message.last_error.is_not(None)),
        GIVEN_UP: (Message.state == "failed",),
    }.get(phase, (Message.state == phase,))


def recent(asked: Asked, *, most: int, before: int | None = None) -> Sequence[Message]:
    """Return a part of the log; ``before`` is the id where a page ended."""
    statement = entries(asked).limit(most)
    return db.session.scalars(statement if before is None else statement.where(Message.id < before)).all()


def send_again(*, message_id: int, now: datetime, actor: str) -> Message:
    """Queue a notice that was given up once more; of two people at the same time one does.

    A WeChat notice takes the template that is named now, and its words.
    Raise NotFound, RuleBroken ``not_failed`` for one that has left, waits or is in hand.
    """
    message = db.session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.event is None:
        raise NotFound("unknown_notice", "There is no such notice.")
    job = jobs.find(kind=JOBS[message.channel], key=message.key) if message.channel in JOBS else None
    if message.state != "failed" or job is None or not jobs.retry_now(job_id=job.id, now=now):
        raise RuleBroken("not_failed", "Only a notice that was given up can be sent again.")
    error, message.state, message.last_error = message.last_error, "queued", None
    reword(message, job.payload)
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="notice_sent_again",
        subject_kind="notice",
        subject=str(message.id),
        before={"error": error},
    )
    return message
