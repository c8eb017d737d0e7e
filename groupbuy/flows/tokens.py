"""Tokens for everybody who has a role, each for one profile."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, literal, select

from groupbuy.accounts.models import Account, AccountRole
from groupbuy.accounts.tokens import Holder
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident

_PROFILES: dict[str, type[Resident] | type[Leader] | type[Supplier]] = {
    "resident": Resident,
    "leader": Leader,
    "supplier": Supplier,
}


def holders_of(role: str) -> Sequence[Holder]:
    """Return who holds a role, one row a profile, by its code; staff have one row an account, by phone."""
    return [Holder(*row) for row in db.session.execute(_select(role))]


def _select(role: str) -> Select[*tuple[Any, ...]]:
    held = (
        select(Account.id, Account.phone)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == role, Account.active)
    )
    profile = _PROFILES.get(role)
    if profile is None:
        return held.add_columns(literal(None)).order_by(Account.phone)
    found = held.add_columns(profile.code).join(profile, profile.account_id == Account.id)
    return found.order_by(profile.code)
