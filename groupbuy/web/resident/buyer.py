"""Who is buying: a resident, or a guest who has opened a leader's link."""

from dataclasses import dataclass

from flask import request, session
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.http.guards import signed_in
from groupbuy.http.identity import Identity, current_identity
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import find_active
from groupbuy.members.models import Resident
from groupbuy.web.signin import visit


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who looks at the shop; ``guest_leader`` is whose link a guest has opened."""

    identity: Identity | None
    resident: Resident | None
    guest_leader: Leader | None

    @property
    def cart_owner(self) -> str | None:
        """Return whose cart it is; None for a guest who has put nothing into one."""
        if self.resident is not None:
            return f"account:{self.resident.account_id}"
        return visit.guest_owner()

    @property
    def resident_id(self) -> int | None:
        """Return the resident's id for limits per person; None for a guest."""
        return None if self.resident is None else self.resident.id

    @property
    def leader(self) -> Leader | None:
        """Return the leader whose rounds are shown."""
        return self.guest_leader if self.resident is None else self.resident.leader

    def leader_in(self, round_: Round) -> Leader | None:
        """Return the leader with whom an order in a round would be placed."""
        return self.guest_leader if self.resident is None else self.resident.leader_in(round_.opens_at)


def the_buyer() -> Buyer:
    """Return who is buying, with one query for a resident and one for a guest's leader."""
    identity = current_identity()
    resident = own_resident(identity) if identity is not None and identity.resident_ids else None
    if resident is not None:
        return Buyer(identity, resident, None)
    code = request.values.get("l") or session.get(visit.LEADER)
    leader = find_active(code)
    if leader is not None and session.get(visit.LEADER) != leader.code:
        session[visit.LEADER] = leader.code
    return Buyer(identity, None, leader)


def the_resident() -> Resident:
    """Return the resident who is signed in."""
    return own_resident(signed_in())


def own_resident(identity: Identity) -> Resident:
    """Return the resident that the signed-in account is, with leaders and communities."""
    statement = select(Resident).where(Resident.id == identity.resident_ids[0])
    leaders = (
        joinedload(Resident.leader).joinedload(Leader.community),
        joinedload(Resident.former_leader).joinedload(Leader.community),
    )
    return db.session.scalars(statement.options(*leaders)).one()
