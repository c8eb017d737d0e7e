"""Notices: in which words a channel tells of an event."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.notices import rules, texts

TEXT = "/notices/texts/<event>/<role>/<channel>/<language>"


class NoticeText(Shape):
    """The words of a channel in a language; of WeChat ``subject`` is the template's id there."""

    subject: str
    body: str
    own: bool
    placeholders: list[str]


class Words(Body):
    """Other words."""

    subject: Annotated[Text, Field(max_length=100)] = ""
    body: Annotated[Text, Field(min_length=1, max_length=1000)]


@endpoint("GET", TEXT, scope="notices:write", answers={200: NoticeText})
def show_notice_text(
    identity: Identity,  # noqa: ARG001 - every view gets the identity.
    event: str,
    role: str,
    channel: str,
    language: str,
) -> tuple[int, Any]:
    """Show the words of a channel in a language."""
    return 200, _text(event, texts.text_of(event, role, channel, language))


@endpoint("PUT", TEXT, scope="notices:write", body=Words, answers={200: NoticeText})
def write_notice_text(
    identity: Identity, event: str, role: str, channel: str, language: str, body: Words
) -> tuple[int, Any]:
    """Put other words in the place of those in force."""
    written = texts.write(
        event=event,
        role=role,
        channel=channel,
        language=language,
        subject=body.subject,
        body=body.body,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, _text(event, written)


def _text(event: str, text: texts.Text) -> Json:
    placeholders = list(rules.EVENTS[event].samples)
    return {"subject": text.subject, "body": text.body, "own": text.own, "placeholders": placeholders}
