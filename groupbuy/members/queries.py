"""Reading residents."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident

# A shorter run of digits is a room or part of a name, not the tail of a phone.
PHONE_TAIL = 4


@dataclass(frozen=True, slots=True)
class WantedResidents:
    """Which residents somebody asks for; None is any."""

    leader_code: str | None = None
    active: bool | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a resident must meet."""
        asked = [] if self.text is None else [matching(self.text)]
        if self.leader_code is not None:
            asked.append(Resident.leader.has(Leader.code == self.leader_code))
        return asked if self.active is None else [*asked, Resident.active.is_(self.active)]


def get_resident(code: str, *, leader_ids: Sequence[int] | None = None) -> Resident:
    """Return a resident by code; raise NotFound, also when bound to none of the given leaders."""
    statement = select(Resident).where(Resident.code == code).options(joinedload(Resident.leader))
    if leader_ids is not None:
        statement = statement.where(Resident.leader_id.in_(leader_ids))
    resident = db.session.scalar(statement)
    if resident is None:
        raise NotFound("unknown_resident", f"There is no resident {code}.")
    return resident


def get_resident_by_id(resident_id: int) -> Resident:
    """Return a resident with its leader; raise NotFound."""
    statement = select(Resident).where(Resident.id == resident_id).options(joinedload(Resident.leader))
    resident = db.session.scalar(statement)
    if resident is None:
        raise NotFound("unknown_resident", "There is no such resident.")
    return resident


def residents_of(account_id: int) -> Sequence[Resident]:
    """Return the residents that an account is, by code."""
    statement = select(Resident).where(Resident.account_id == account_id).order_by(Resident.code)
    return db.session.scalars(statement.options(joinedload(Resident.leader))).all()


def matching(text: str) -> ColumnElement[bool]:
    """Return the condition that a resident has a text as code, tail of the phone, name, building or room."""
    columns = (Resident.name, Resident.room, Resident.building)
    found = [Resident.code == text, *(column.icontains(text, autoescape=True) for column in columns)]
    if text.isascii() and text.isdigit() and len(text) >= PHONE_TAIL:
        found.append(Resident.phone.endswith(text, autoescape=True))
    return or_(*found)


def residents_page(
    wanted: WantedResidents, *, leader_ids: Sequence[int] | None, after: str | None, most: int
) -> Sequence[Resident]:
    """Return residents by code, after a code; all, or those bound to the leaders."""
    statement = select(Resident).options(joinedload(Resident.leader)).where(*wanted.conditions())
    if leader_ids is not None:
        statement = statement.where(Resident.leader_id.in_(leader_ids))
    if after is not None:
        statement = statement.where(Resident.code > after)
    return db.session.scalars(statement.order_by(Resident.code).limit(most)).all()
