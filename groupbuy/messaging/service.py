"""Queueing messages: they leave after the commit, as jobs."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import insert, select

from groupbuy.db import db
from groupbuy.db.bulk import next_ids, table_of
from groupbuy.jobs import service as jobs
from groupbuy.messaging.models import Message

MAIL_JOB = "mail"
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Names a document to render when the message is sent, in a language or that of whoever reads it."""

    kind: str
    round: str
    code: str | None
    suffix: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient; ``key`` makes it unique, whatever happens."""

    key: str
    recipient: str
    subject: str
    body: str
    attachments: tuple[Attachment, ...] = ()


def message_id_of(key: str) -> str:
    """Return the Message-ID of what has a key, always the same, as RFC 5322 wants it."""
    return f"<{quote(key, safe='')}@groupbuy.invalid>"


def send_mails(mails: Sequence[Mail], *, now: datetime) -> None:
    """Queue mails; the caller makes sure that none is queued twice by its own claim."""
    message_ids = next_ids(table_of(Message), len(mails))
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
            "message_id": message_id_of(mail.key),
            "created_at": now,
        }
        for message_id, mail in zip(message_ids, mails, strict=True)
    ]
    if rows:
        db.session.execute(insert(Message), rows)
    queue = [(MAIL_JOB, mail.key, {"message": i}) for i, mail in zip(message_ids, mails, strict=True)]
    jobs.enqueue_many(queue, now=now)


def readdress(*, key: str, recipient: str | None) -> None:
    """Queue a message anew that was not accepted, to another address where one is given."""
    message = db.session.scalars(select(Message).where(Message.key == key)).one()
    message.state, message.last_error = "queued", None
    message.recipient = recipient or message.recipient
    db.session.flush()


def notes_of(keys: Collection[str]) -> Sequence[Message]:
    """Return those notes that were left under some keys, the latest first."""
    left = select(Message).where(Message.channel == PAGE, Message.key.in_(keys))
    return db.session.scalars(left.order_by(Message.id.desc())).all()
