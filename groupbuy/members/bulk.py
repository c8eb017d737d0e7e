"""Residents, many at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from groupbuy.db.bulk import Upserted, select_in, table_of, upsert
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident

RESIDENT = table_of(Resident)


def upsert_residents(fields: Sequence[str], rows: Sequence[tuple[Any, ...]], *, now: datetime) -> Upserted:
    """Bring residents to the rows, by code, the first field. Past orders keep their leader."""
    return upsert(RESIDENT, fields, rows, new={"created_at": now})


def moved(fields: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Return the ids of those residents of whom rows, known by their code first, tell another door."""
    doors = [name for name in ("building", "room") if name in fields]
    if not doors:
        return []
    places = [fields.index(name) for name in doors]
    told = {row[0]: tuple(row[place] for place in places) for row in rows}
    columns = [RESIDENT.c[name] for name in doors]
    stored = select_in(select(RESIDENT.c.code, RESIDENT.c.id, *columns), RESIDENT.c.code, told)
    return [row[1] for row in stored if tuple(row[2:]) != told[row[0]]]


def accounts_of(codes: Collection[str]) -> set[int]:
    """Return the accounts of residents."""
    return {row[0] for row in select_in(select(Resident.account_id), RESIDENT.c.code, codes)}


def without_profile(account_ids: Iterable[int]) -> set[int]:
    """Return those accounts that no resident has."""
    accounts = set(account_ids)
    statement = select(Resident.account_id)
    return accounts - {row[0] for row in select_in(statement, RESIDENT.c.account_id, accounts)}


class Buyer(NamedTuple):
    """A resident as an order sees it."""

    id: int
    leader_id: int
    level_id: int | None


def buyers(codes: Collection[str]) -> dict[str, Buyer]:
    """Return those residents that exist, by code, with their leaders and the leaders' levels."""
    statement = select(Resident.code, Resident.id, Resident.leader_id, Leader.level_id).join(
        Leader, Leader.id == Resident.leader_id
    )
    return {code: Buyer(*rest) for code, *rest in select_in(statement, RESIDENT.c.code, codes)}
