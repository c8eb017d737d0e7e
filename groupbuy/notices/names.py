"""What recipients are called, for people who read the log."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.notices.reach import recipient, role_of
from groupbuy.notices.rules import LEADER, RESIDENT


def names_of(recipients: Collection[str]) -> Mapping[str, str]:
    """Return name and code by recipient."""
    found: dict[str, str] = {}
    for role, model in ((RESIDENT, Resident), (LEADER, Leader)):
        ids = [int(one.partition(":")[2]) for one in recipients if role_of(one) == role]
        if ids:
            rows = db.session.execute(select(model.id, model.name, model.code).where(model.id.in_(ids)))
            found |= {recipient(role, row.id): f"{row.name} {row.code}" for row in rows}
    return found
