"""Accounts of many people at once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select

from groupbuy.accounts.models import Account, AccountRole
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, insert_rows, next_ids, select_in, table_of

ACCOUNT = table_of(Account)
ROLE = table_of(AccountRole)


def accounts_for(names: Mapping[str, str], *, role: str, now: datetime) -> dict[str, int]:
    """Return the accounts' ids by normalised phone; all hold the role afterwards.

    A phone without an account gets one of that name, without a password.
    """
    statement = select(Account.phone, Account.id)
    ids = {row[0]: row[1] for row in select_in(statement, ACCOUNT.c.phone, names)}
    missing = [phone for phone in names if phone not in ids]
    fresh = dict(zip(missing, next_ids(ACCOUNT, len(missing)), strict=True))
    columns = ("id", "phone", "name", "created_at")
    insert_rows(ACCOUNT, columns, ((fresh[phone], phone, names[phone], now) for phone in missing))
    ids |= fresh
    _grant(ids.values(), role=role, now=now)
    return ids


def _grant(account_ids: Collection[int], *, role: str, now: datetime) -> None:
    statement = select(AccountRole.account_id).where(AccountRole.role == role)
    holders = {row[0] for row in select_in(statement, ROLE.c.account_id, account_ids)}
    fresh = sorted(set(account_ids) - holders)
    insert_rows(ROLE, ("account_id", "role", "granted_at"), ((id_, role, now) for id_ in fresh))


def withdraw_role(account_ids: Iterable[int], *, role: str) -> None:
    """Take a role from accounts that no longer need it."""
    for part in chunks(sorted(account_ids), KEYS):
        db.session.execute(
            delete(AccountRole).where(AccountRole.role == role, AccountRole.account_id.in_(part))
        )
