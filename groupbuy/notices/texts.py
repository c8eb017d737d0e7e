"""The words of notices: the house's own, or what an operator has written in their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.notices import fitting, rules, wording
from groupbuy.notices.choices import check_cell
from groupbuy.notices.models import NoticeText

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """What a channel says of an event in a language; ``own`` tells whether an operator has written it."""

    subject: str
    body: str
    own: bool


def text_of(event: str, role: str, channel: str, language: str) -> Text:
    """Return the words in force; raise BadInput ``unknown_value``."""
    _check(event, role, channel, language)
    row = db.session.get(NoticeText, (event, role, channel, language))
    if row is not None:
        return Text(row.subject, row.body, own=True)
    return Text(*wording.usual(event, role, channel, language), own=False)


def texts_of(events: Iterable[str]) -> Mapping[Key, tuple[str, str]]:
    """Return what operators have written of some events, by (event, role, channel, language)."""
    rows = db.session.scalars(select(NoticeText).where(NoticeText.event.in_(sorted(set(events)))))
    return {(row.event, row.role, row.channel, row.language): (row.subject, row.body) for row in rows}


def write(
    *,
    event: str,
    role: str,
    channel: str,
    language: str,
    subject: str,
    body: str,
    now: datetime,
    actor: str,
) -> Text:
    """Put other words in the place of those in force.

    Raise BadInput ``unknown_value``, and what ``fitting.check_text`` raises.
    """
    former = text_of(event, role, channel, language)
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    fitting.check_text(event, channel, subject, body)
    if (subject, body) != (former.subject, former.body):
        row = NoticeText(
            event=event, role=role, channel=channel, language=language, subject=subject, body=body
        )
        db.session.merge(row)
        db.session.flush()
        _log((event, role, channel, language), former, now, actor, {"subject": subject, "body": body})
    return text_of(event, role, channel, language)


def restore(*, event: str, role: str, channel: str, language: str, now: datetime, actor: str) -> Text:
    """Go back to the words of the house; again changes nothing."""
    former = text_of(event, role, channel, language)
    row = db.session.get(NoticeText, (event, role, channel, language))
    if row is not None:
        db.session.delete(row)
        db.session.flush()
        _log((event, role, channel, language), former, now, actor, {})
    return text_of(event, role, channel, language)


def preview(event: str, channel: str, subject: str, body: str) -> tuple[str, str]:
    """Return subject and body as they would arrive with sample values; raise BadInput as ``write`` does."""
    body = body.replace("\r\n", "\n").strip()
    fitting.check_text(event, channel, subject, body)
    samples = rules.EVENTS[event].samples
    return fitting.shown(channel, (subject, body), samples)


def _check(event: str, role: str, channel: str, language: str) -> None:
    check_cell(event, role, channel)
    if language not in rules.LANGUAGES:
        raise BadInput("unknown_value", "There is no such language.", param="language")


def _log(key: Key, former: Text, now: datetime, actor: str, after: Mapping[str, str]) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb="notice_written",
        subject_kind="notices",
        subject=".".join(key),
        before={"subject": former.subject, "body": former.body},
        after=after,
    )
