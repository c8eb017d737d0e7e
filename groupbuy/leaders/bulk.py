"""Leaders, many at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.db.bulk import Upserted, ids_for, select_in, table_of, upsert
from groupbuy.leaders.models import Community, Leader

LEADER = table_of(Leader)
COMMUNITY = table_of(Community)


def upsert_leaders(fields: Sequence[str], rows: Sequence[tuple[Any, ...]], *, now: datetime) -> Upserted:
    """Bring leaders to the rows, by code, the first field."""
    return upsert(LEADER, fields, rows, new={"created_at": now})


def leader_ids(codes: Collection[str]) -> dict[str, int]:
    """Return the ids of those leaders that exist."""
    return ids_for(LEADER, "code", codes)


def community_ids(names: Collection[str]) -> dict[str, int]:
    """Return the ids of communities; make those that do not exist."""
    return ids_for(COMMUNITY, "name", names, make=True)


def accounts_of(codes: Collection[str]) -> set[int]:
    """Return the accounts of leaders."""
    return {row[0] for row in select_in(select(Leader.account_id), LEADER.c.code, codes)}


def without_profile(account_ids: Iterable[int]) -> set[int]:
    """Return those accounts that no leader has."""
    accounts = set(account_ids)
    statement = select(Leader.account_id)
    return accounts - {row[0] for row in select_in(statement, LEADER.c.account_id, accounts)}
