"""What printed lists say about a leader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.db import db
from groupbuy.leaders.models import Leader


@dataclass(frozen=True, slots=True)
class LeaderHead:
    """A leader in the head of documents; texts that are not known are empty."""

    id: int
    code: str
    name: str
    phone: str
    route: str
    pickup_point: str
    pickup_hours: str


def heads_of(leader_ids: Sequence[int]) -> Mapping[int, LeaderHead]:
    """Return leaders by id, in one query."""
    leaders = select(Leader).where(Leader.id.in_(leader_ids)).options(joinedload(Leader.community))
    return {leader.id: _head(leader) for leader in db.session.scalars(leaders)}


def _head(leader: Leader) -> LeaderHead:
    community = leader.community.name if leader.community else ""
    point = " ".join(text for text in (community, leader.address) if text)
    return LeaderHead(
        id=leader.id,
        code=leader.code,
        name=leader.name,
        phone=leader.phone,
        route=leader.route or "",
        pickup_point=point,
        pickup_hours=leader.pickup_hours,
    )
