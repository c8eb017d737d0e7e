"""Reading residents."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.members.models import Resident


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


def residents_page(*, leader_ids: Sequence[int] | None, after: str | None, most: int) -> Sequence[Resident]:
    """Return residents by code, after a code; all, or those bound to the leaders."""
    statement = select(Resident).options(joinedload(Resident.leader))
    if leader_ids is not None:
        statement = statement.where(Resident.leader_id.in_(leader_ids))
    if after is not None:
        statement = statement.where(Resident.code > after)
    return db.session.scalars(statement.order_by(Resident.code).limit(most)).all()
