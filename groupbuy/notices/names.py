"""What recipients are called, for people who read the log."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.notices.reach import recipient, role_of
from groupbuy.notices.rules import HELPER, LEADER, RESIDENT


def names_of(recipients: Collection[str]) -> Mapping[str, str]:
    """Return name and code by recipient; helpers have no code."""
    found: dict[str, str] = {}
    for role, model in ((RESIDENT, Resident), (LEADER, Leader)):
        if ids := _ids(recipients, role):
            rows = db.session.execute(select(model.id, model.name, model.code).where(model.id.in_(ids)))
            found |= {recipient(role, row.id): f"{row.name} {row.code}" for row in rows}
    if ids := _ids(recipients, HELPER):
        named = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
        found |= {recipient(HELPER, row.id): row.name for row in named}
    return found


def _ids(recipients: Collection[str], role: str) -> list[int]:
    return [int(one.partition(":")[2]) for one in recipients if role_of(one) == role]
