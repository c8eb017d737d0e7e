"""Queueing messages: they leave after the commit, as jobs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert

from groupbuy.db import db
from groupbuy.db.bulk import next_ids
from groupbuy.jobs import service as jobs
from groupbuy.messaging.models import Message

MAIL_JOB = "mail"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Names a document to render when the message is sent."""

    kind: str
    round: str
    code: str | None
    suffix: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient; ``key`` makes it unique, whatever happens."""

    key: str
    recipient: str
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


def send_mails(mails: Sequence[Mail], *, now: datetime) -> None:
    """Queue mails; the caller makes sure that none is queued twice by its own claim."""
    message_ids = next_ids(Message.__table__, len(mails))  # type: ignore[arg-type] # It is a Table.
    rows = [
        {
            "id": message_id,
            "key": mail.key,
            "channel": "mail",
            "recipient": mail.recipient,
            "subject": mail.subject,
            "body": mail.body,
            "documents": [asdict(attachment) for attachment in mail.attachments],
            "state": "queued",
            "message_id": f"<{mail.key}@groupbuy.invalid>",
            "created_at": now,
        }
        for message_id, mail in zip(message_ids, mails, strict=True)
    ]
    if rows:
        db.session.execute(insert(Message), rows)
    queue = [(MAIL_JOB, mail.key, {"message": i}) for i, mail in zip(message_ids, mails, strict=True)]
    jobs.enqueue_many(queue, now=now)
