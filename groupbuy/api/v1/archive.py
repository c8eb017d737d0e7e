"""The archive of old rounds: what is in it, what the others wait for, into it and back."""

from typing import Any, Literal

from sqlalchemy import tuple_

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows.archive import archiving
from groupbuy.flows.archive.archiving import Outcome
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso


class ArchiveQuery(Page):
    """Rounds that are ``in`` the archive, or that wait; without it both."""

    where: Literal["in", "waits"] | None = None


class ArchivedRound(Shape):
    """A round that was looked at: archived, or what it waits for; ``rows`` were moved with its orders."""

    round: str
    pickup_date: str
    looked_at: str
    archived_at: str | None
    orders: int
    rows: int
    waits_for: list[str]


class ArchivedRounds(Shape):
    """A page of rounds, those handed out last first."""

    items: list[ArchivedRound]
    next_cursor: str | None


class ArchiveOutcome(Shape):
    """What became of a round: how many orders and rows were moved, or none and what it waits for."""

    round: str
    orders: int
    rows: int
    waits_for: list[str]


@endpoint(
    "GET",
    "/archive",
    scope="orders:read",
    roles=("operator",),
    query=ArchiveQuery,
    answers={200: ArchivedRounds},
)
def list_archive(identity: Identity, query: ArchiveQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the rounds in the archive and those that wait for it."""
    statement = archiving.rounds_looked_at().limit(query.limit + 1)
    if query.where:
        statement = statement.where(archiving.in_place(query.where))
    if (before := cursors.day_and_id(query.cursor)) is not None:
        statement = statement.where(tuple_(Round.pickup_date, Round.id) < before)
    rows, cursor = cursors.page(
        db.session.scalars(statement).all(),
        limit=query.limit,
        key=lambda row: (row.round.pickup_date.isoformat(), row.round_id),
    )
    return 200, {"items": [_looked_at(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/archive/<round_name>",
    scope="campaigns:write",
    answers={200: ArchiveOutcome},
)
def archive_round(identity: Identity, round_name: str) -> tuple[int, Any]:
    """Archive an old round now; what is open of it is named, and nothing is moved."""
    return 200, _outcome(archiving.archive_now(name=round_name, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "POST",
    "/archive/<round_name>/back",
    scope="campaigns:write",
    answers={200: ArchiveOutcome},
)
def bring_round_back(identity: Identity, round_name: str) -> tuple[int, Any]:
    """Bring an archived round back among those that are worked with."""
    return 200, _outcome(archiving.bring_back(name=round_name, now=utc_now(), actor=identity.actor.name))


def _looked_at(row: RoundArchive) -> Json:
    return {
        "round": row.round.name,
        "pickup_date": row.round.pickup_date.isoformat(),
        "looked_at": iso(row.looked_at),
        "archived_at": iso(row.archived_at) if row.archived_at else None,
        "orders": row.orders,
        "rows": row.rows,
        "waits_for": row.waits_for.split(),
    }


def _outcome(one: Outcome) -> Json:
    return {"round": one.name, "orders": one.orders, "rows": one.rows, "waits_for": list(one.waits_for)}
