"""Reading leaders."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders import rules
from groupbuy.leaders.models import Community, Leader


def get_leader(code: str) -> Leader:
    """Return a leader by code; raise NotFound."""
    leader = db.session.scalar(select(Leader).where(Leader.code == code))
    if leader is None:
        raise NotFound("unknown_leader", f"There is no leader {code}.")
    return leader


def find_active(code: str | None) -> Leader | None:
    """Return a leader who takes orders, by code with community; None for an unknown one."""
    if not code:
        return None
    statement = select(Leader).where(Leader.code == code.strip(), Leader.state == "active")
    return db.session.scalar(statement.options(joinedload(Leader.community)))


def active_leaders(*, most: int) -> Sequence[Leader]:
    """Return leaders who take orders, with their communities, by community and name."""
    statement = select(Leader).outerjoin(Community).where(Leader.state == "active")
    return db.session.scalars(
        statement.options(contains_eager(Leader.community))
        .order_by(Community.name, Leader.name, Leader.id)
        .limit(most)
    ).all()


@dataclass(frozen=True, slots=True)
class Nearby:
    """A leader who takes orders, and how far the pickup point is in metres; None where nobody knows."""

    leader: Leader
    metres: int | None


def nearby_leaders(here: tuple[int, int] | None, *, most: int) -> Sequence[Nearby]:
    """Return leaders who take orders, the nearest first, those without a place behind them by name.

    ``here`` is in millionths of a degree; a pickup point without a place has its community's.
    """
    if here is None:
        return [Nearby(leader, None) for leader in active_leaders(most=most)]
    places = db.session.execute(
        select(
            Leader.id,
            func.coalesce(Leader.latitude_e6, Community.latitude_e6),
            func.coalesce(Leader.longitude_e6, Community.longitude_e6),
        )
        .outerjoin(Community)
        .where(Leader.state == "active")
    )
    metres = {row[0]: rules.distance_m(here, (row[1], row[2])) for row in places if None not in row}
    nearest = sorted(metres, key=lambda leader_id: (metres[leader_id], leader_id))[:most]
    wanted = select(Leader).where(Leader.id.in_(nearest)).options(joinedload(Leader.community))
    by_id = {leader.id: leader for leader in db.session.scalars(wanted)}
    found = [Nearby(by_id[leader_id], metres[leader_id]) for leader_id in nearest]
    others = (leader for leader in active_leaders(most=most) if leader.id not in metres)
    return [*found, *(Nearby(leader, None) for leader in others)][:most]


def leaders_of(account_id: int) -> Sequence[Leader]:
    """Return the leaders that an account is, by code."""
    return db.session.scalars(
        select(Leader).where(Leader.account_id == account_id).order_by(Leader.code)
    ).all()


def is_leader(code: str, leader_ids: Sequence[int]) -> bool:
    """Tell whether a code is one of these leaders'."""
    found = select(Leader.id).where(Leader.code == code, Leader.id.in_(leader_ids))
    return db.session.scalar(found) is not None


def matching(text: str) -> ColumnElement[bool]:
    """Return the condition that a leader has a text in code, name, route, community or phone tail."""
    columns = (Leader.code, Leader.name, Leader.route)
    found = [column.icontains(text, autoescape=True) for column in columns]
    found.append(Leader.community.has(Community.name.icontains(text, autoescape=True)))
    return or_(*found, Leader.phone.endswith(text, autoescape=True))


def leaders_page(
    *,
    leader_ids: Sequence[int] | None,
    state: str | None,
    text: str | None,
    after: str | None,
    most: int,
) -> Sequence[Leader]:
    """Return leaders by code, after a code; all, or those of the ids."""
    statement = select(Leader).options(joinedload(Leader.community))
    if leader_ids is not None:
        statement = statement.where(Leader.id.in_(leader_ids))
    if state is not None:
        statement = statement.where(Leader.state == state)
    if text is not None:
        statement = statement.where(matching(text))
    if after is not None:
        statement = statement.where(Leader.code > after)
    return db.session.scalars(statement.order_by(Leader.code).limit(most)).all()


def leader_ids_by_code(codes: Sequence[str]) -> dict[str, int]:
    """Return the ids of those leaders that there are, by code."""
    return {
        leader.code: leader.id for leader in db.session.scalars(select(Leader).where(Leader.code.in_(codes)))
    }
