"""The table of notices: what operators switch on and off, what each recipient does not want, the hours."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.bulk import select_in
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.notices import rules
from groupbuy.notices.models import NoticeChoice, NoticeDials, NoticeOptOut
from groupbuy.notices.reach import role_of

Cell = tuple[str, str, str]
ONLY = 1
MOST_SOON = 72
# A job waits for the end of the quiet hours; it is taken to be lost when it waits longer.
MOST_QUIET = 14


@dataclass(frozen=True, slots=True)
class Hours:
    """When text messages wait, and how long before the cut-off people are reminded (0 never)."""

    quiet_from: int = 22
    quiet_until: int = 8
    closing_soon_hours: int = 2


def cells() -> list[Cell]:
    """Return every (event, role, channel) that there can be, in order."""
    return [
        (event, role, channel)
        for event in rules.EVENTS
        for role in rules.EVENTS[event].roles
        for channel in rules.channels_of(event, role)
    ]


def table() -> Mapping[Cell, bool]:
    """Return which channels are on."""
    rows = db.session.execute(
        select(NoticeChoice.event, NoticeChoice.role, NoticeChoice.channel, NoticeChoice.chosen)
    )
    chosen = {(row.event, row.role, row.channel): row.chosen for row in rows}
    return {
        cell: rules.is_bound(cell[0], cell[2]) or chosen.get(cell, rules.is_usual(*cell)) for cell in cells()
    }


def is_told(event: str, role: str) -> bool:
    """Tell whether any channel tells a role of an event."""
    return any(on for cell, on in table().items() if cell[:2] == (event, role))


def check_cell(event: str, role: str, channel: str) -> None:
    """Raise BadInput ``unknown_value`` for what cannot be told that way."""
    if (event, role, channel) not in cells():
        raise BadInput("unknown_value", "There is no such notice.", param="event")


def switch(*, wanted: Mapping[Cell, bool], now: datetime, actor: str) -> None:
    """Switch channels on and off; those that are not named stay.

    Raise BadInput ``unknown_value``, RuleBroken ``must_be_told`` for the page of what must be told.
    """
    former = table()
    changed = {}
    for cell, on in wanted.items():
        check_cell(*cell)
        if not on and rules.is_bound(cell[0], cell[2]):
            raise RuleBroken("must_be_told", "This is always told on the page.", param="event")
        if on != former[cell]:
            changed[cell] = on
            event, role, channel = cell
            db.session.merge(NoticeChoice(event=event, role=role, channel=channel, chosen=on))
    db.session.flush()
    if changed:
        _log("table", {cell: former[cell] for cell in changed}, changed, now, actor)


def _log(
    subject: str, before: Mapping[Cell, bool], after: Mapping[Cell, bool], now: datetime, actor: str
) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb="notices_switched",
        subject_kind="notices",
        subject=subject,
        before={".".join(cell): on for cell, on in before.items()},
        after={".".join(cell): on for cell, on in after.items()},
    )


def unwanted(recipients: Collection[str]) -> set[Cell]:
    """Return (recipient, event, channel) of what some people do not want."""
    rows = select(NoticeOptOut.recipient, NoticeOptOut.event, NoticeOptOut.channel)
    return {tuple(row) for row in select_in(rows, NoticeOptOut.recipient, recipients)}


def offered_to(recipient: str) -> list[tuple[str, str]]:
    """Return each (event, channel) that somebody may choose: it is on, and not told in any case."""
    role = role_of(recipient)
    return [
        (event, channel)
        for (event, of_role, channel), on in table().items()
        if of_role == role and on and not rules.is_bound(event, channel)
    ]


def prefer(*, recipient: str, off: Iterable[tuple[str, str]]) -> None:
    """Note all that somebody does not want, as (event, channel), in place of what was noted before.

    What is not offered just now keeps what was chosen. Raise RuleBroken ``must_be_told``, BadInput
    ``unknown_value``.
    """
    wished = set(off)
    for event, channel in wished:
        check_cell(event, role_of(recipient), channel)
        if rules.is_bound(event, channel):
            raise RuleBroken("must_be_told", "This is always told on the page.", param="event")
    for event, channel in offered_to(recipient):
        if (event, channel) in wished:
            row = insert_into(NoticeOptOut).values(recipient=recipient, event=event, channel=channel)
            db.session.execute(row.on_conflict_do_nothing())
        else:
            mine = (NoticeOptOut.recipient == recipient, NoticeOptOut.event == event)
            db.session.execute(delete(NoticeOptOut).where(*mine, NoticeOptOut.channel == channel))


def hours() -> Hours:
    """Return the hours in force."""
    row = db.session.get(NoticeDials, ONLY)
    return Hours(row.quiet_from, row.quiet_until, row.closing_soon_hours) if row else Hours()


def set_hours(*, wanted: Hours, now: datetime, actor: str) -> None:
    """Set the hours; again changes nothing. Raise BadInput ``out_of_range``."""
    for name, most in (("quiet_from", 23), ("quiet_until", 23), ("closing_soon_hours", MOST_SOON)):
        if not 0 <= getattr(wanted, name) <= most:
            raise BadInput("out_of_range", f"Between 0 and {most}.", param=name)
    if (wanted.quiet_until - wanted.quiet_from) % 24 > MOST_QUIET:
        raise BadInput("out_of_range", f"At most {MOST_QUIET} quiet hours.", param="quiet_until")
    former = hours()
    if wanted == former:
        return
    db.session.merge(NoticeDials(id=ONLY, **asdict(wanted)))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="notices_set",
        subject_kind="notices",
        subject="hours",
        before=asdict(former),
        after=asdict(wanted),
    )
