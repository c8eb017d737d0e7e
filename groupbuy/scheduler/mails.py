"""The job that sends a mail, with the documents that go with it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from groupbuy.db import db
from groupbuy.flows import mailing
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.senders import File, MailSender
from groupbuy.messaging.service import Attachment
from groupbuy.scheduler.work import Handler

Render = Callable[[Attachment, datetime], File]


def handler(sender: MailSender, render: Render, *, mail_from: str) -> Handler:
    """Return how mails leave; ``render`` makes the documents they name."""

    def render_and_let_go(attachment: Attachment) -> File:
        # No transaction is held while the server takes its time.
        try:
            return render(attachment, utc_now())
        finally:
            db.session.rollback()

    def act(payload: Mapping[str, Any]) -> str:
        letter = mailing.letter(payload["message"], sender=mail_from, render=render_and_let_go)
        db.session.rollback()
        return sender.send(letter)

    return Handler(record=note_outcome, act=act, give_up=note_failure)


def note_outcome(payload: Mapping[str, Any], outcome: str, now: datetime) -> str:
    """Write down that a message left, and how."""
    mailing.note_outcome(payload["message"], outcome=outcome, now=now)
    return outcome


def note_failure(payload: Mapping[str, Any], error: str) -> None:
    """Write down that a message will not leave any more."""
    mailing.note_failure(payload["message"], error=error)
