"""Telling people: one way for every event, every role and every channel."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.db.bulk import KEYS, chunks, insert_rows, next_ids, select_in, table_of
from groupbuy.jobs import service as jobs
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import MAIL_JOB, message_id_of
from groupbuy.notices import choices, fitting, reach, rules, texts, wording
from groupbuy.notices.choices import Cell
from groupbuy.notices.reach import Person, role_of
from groupbuy.notices.rules import MAIL, PAGE, SMS, WECHAT
from groupbuy.notices.texts import Key

SMS_JOB, WECHAT_JOB = "notice_sms", "notice_wechat"
JOBS: Mapping[str, str] = {MAIL: MAIL_JOB, SMS: SMS_JOB, WECHAT: WECHAT_JOB}

# A value is the same in every language, or one for each.
Value = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one recipient, such as ``resident:7``, is to hear of; ``key`` makes it unique."""

    key: str
    event: str
    recipient: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _House:
    """What holds for all notices of a batch."""

    table: Mapping[Cell, bool]
    written: Mapping[Key, tuple[str, str]]

    def text(self, event: str, role: str, channel: str, language: str) -> tuple[str, str]:
        """Return subject and body as they are to be filled in."""
        key = (event, role, channel, language)
        return self.written.get(key) or wording.usual(*key)


def tell(notices: Iterable[Notice], *, now: datetime) -> int:
    """Leave notices on people's pages and queue them for the other channels that are on; return how many.

    A channel is left out where it is switched off, where the recipient does not want it, and where there
    is no address. A notice whose key was told before is not told again.
    """
    house: _House | None = None
    count = 0
    for chunk in chunks(notices, KEYS):
        unique = {notice.key: notice for notice in chunk}
        house = house or _House(choices.table(), texts.texts_of(rules.EVENTS))
        count += _tell(list(unique.values()), house, now)
    return count


def _tell(notices: Sequence[Notice], house: _House, now: datetime) -> int:
    names = {notice.recipient for notice in notices}
    people, unwanted = reach.people(names), choices.unwanted(names)
    wanted = [
        (notice, channel)
        for notice in notices
        if notice.recipient in people
        for channel in rules.channels_of(notice.event, role_of(notice.recipient))
        if house.table[notice.event, role_of(notice.recipient), channel]
        and (
            (notice.recipient, notice.event, channel) not in unwanted or rules.is_bound(notice.event, channel)
        )
        and people[notice.recipient].address(channel) is not None
    ]
    known = _known([_key(notice, channel) for notice, channel in wanted])
    fresh = [(notice, channel) for notice, channel in wanted if _key(notice, channel) not in known]
    _store(fresh, people, house, now)
    return len(fresh)


def _key(notice: Notice, channel: str) -> str:
    return notice.key if channel == PAGE else f"{notice.key}-{channel}"


def _known(keys: Sequence[str]) -> set[str]:
    return {row[0] for row in select_in(select(Message.key), Message.key, keys)}


def _store(
    fresh: Sequence[tuple[Notice, str]],
    people: Mapping[str, Person],
    house: _House,
    now: datetime,
) -> None:
    ids = next_ids(table_of(Message), len(fresh))
    columns = ("id", "key", "channel", "recipient", "event", "subject", "body", "message_id")
    insert_rows(
        table_of(Message),
        (*columns, "documents", "state", "created_at", "accepted_at"),
        (
            (number, *_row(notice, channel, people[notice.recipient], house), *_begin(channel, now))
            for number, (notice, channel) in zip(ids, fresh, strict=True)
        ),
    )
    jobs.enqueue_many(_jobs(ids, fresh, people), now=now)


def _begin(channel: str, now: datetime) -> tuple[Any, ...]:
    """Return no documents, and the state: what is left on a page has arrived at once."""
    return ([], "accepted", now, now) if channel == PAGE else ([], "queued", now, None)


def _row(notice: Notice, channel: str, person: Person, house: _House) -> tuple[str, ...]:
    text = house.text(notice.event, role_of(notice.recipient), channel, person.language)
    subject, body = fitting.shown(channel, text, _values(notice, person))
    key = _key(notice, channel)
    return key, channel, notice.recipient, notice.event, subject, body, message_id_of(key)


def _values(notice: Notice, person: Person) -> dict[str, str]:
    language = person.language
    return {
        name: value if isinstance(value, str) else value[language] for name, value in notice.values.items()
    }


def _jobs(
    ids: Sequence[int], fresh: Sequence[tuple[Notice, str]], people: Mapping[str, Person]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for number, (notice, channel) in zip(ids, fresh, strict=True):
        if channel != PAGE:
            payload = {"message": number}
            yield JOBS[channel], _key(notice, channel), payload | _told(notice, channel, people)


def _told(notice: Notice, channel: str, people: Mapping[str, Person]) -> dict[str, Any]:
    """Return what ``reword`` needs: the fields of a WeChat template may be others once it is named."""
    if channel != WECHAT:
        return {}
    person = people[notice.recipient]
    return {"language": person.language, "values": _values(notice, person)}


def reword(message: Message, told: Mapping[str, Any]) -> None:
    """Put a WeChat notice into the template and the words in force now; ``told`` is its job's payload."""
    event = message.event
    if message.channel != WECHAT or event is None:
        return
    language = told.get("language", rules.LANGUAGES[0])
    text = texts.text_of(event, role_of(message.recipient), WECHAT, language)
    message.subject = text.subject
    if "values" in told:
        _, message.body = fitting.shown(WECHAT, (text.subject, text.body), told["values"])
