"""Applying to become a leader, and accepting the agreement; both move the leader's state."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders import rules
from groupbuy.leaders.agreement import keep_agreement
from groupbuy.leaders.managing import log, move_leader
from groupbuy.leaders.models import Community, Leader, LeaderApplication
from groupbuy.leaders.queries import leaders_of
from groupbuy.leaders.rules import LeaderState

_OVER = (LeaderState.REJECTED, LeaderState.EXITED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody writes to become a leader; ``place`` is the pickup point in millionths of a degree.

    With ``email`` the answer comes by mail too, and later the sheets.
    """

    name: str
    community: str
    address: str
    why: str
    place: tuple[int, int] | None
    email: str | None = None


def wanted_from(
    *,
    name: str,
    community: str,
    address: str,
    why: str,
    latitude_e6: int | None,
    longitude_e6: int | None,
    email: str = "",
) -> Wanted:
    """Return a sound application; raise BadInput that names the field at fault."""
    return Wanted(
        name=rules.check_text(name, most=rules.MAX_NAME, param="name"),
        community=rules.check_text(community, most=rules.MAX_COMMUNITY, param="community"),
        address=rules.check_text(address, most=rules.MAX_ADDRESS, param="address"),
        why=rules.check_text(why, most=rules.MAX_WHY, param="why"),
        place=rules.check_place(latitude_e6, longitude_e6),
        email=rules.check_email(email) if email.strip() else None,
    )


def candidate_of(account_id: int) -> Leader | None:
    """Return the leader that an account is or wants to be, the one under way first; None for nobody yet."""
    own = leaders_of(account_id)
    return next((leader for leader in own if leader.state not in _OVER), own[-1] if own else None)


def application_of(leader: Leader) -> LeaderApplication | None:
    """Return what somebody wrote; None for a leader who never applied."""
    return db.session.get(LeaderApplication, leader.id)


def apply(*, account: Account, wanted: Wanted, consent_version: str, now: datetime) -> Leader:
    """Put an application into the operators' queue; after a rejection or an exit it may come again.

    Raise RuleBroken ``already_applied``, ``already_approved``, ``already_leader`` or ``suspended``.
    """
    # Two clicks at once: the second waits here and then finds the first one's application.
    db.session.refresh(account, with_for_update=True)
    leader, actor = candidate_of(account.id), f"account:{account.id}"
    rules.check_may_apply(None if leader is None else leader.state)
    if leader is None:
        leader = Leader(
            code=_free_code(account.id),
            account_id=account.id,
            name=wanted.name,
            phone=account.phone,
            state=LeaderState.APPLIED,
            created_at=now,
        )
        db.session.add(leader)
        db.session.flush()
        log("leader_applied", "leader", leader.code, {}, {"state": leader.state}, now, actor)
    else:
        move_leader(
            leader=leader, seen=leader.state, state=LeaderState.APPLIED, reason="", now=now, actor=actor
        )
    leader.name, leader.phone, leader.address = wanted.name, account.phone, wanted.address
    leader.latitude_e6, leader.longitude_e6 = wanted.place or (None, None)
    leader.email = wanted.email or leader.email
    _keep(leader, wanted, consent_version, now)
    return leader


def _free_code(account_id: int) -> str:
    code = f"L{account_id:06d}"
    taken = db.session.scalar(select(Leader.id).where(Leader.code == code))
    return code if taken is None else f"{code}A"


def _keep(leader: Leader, wanted: Wanted, consent_version: str, now: datetime) -> None:
    db.session.merge(
        LeaderApplication(
            leader_id=leader.id,
            community=wanted.community,
            why=wanted.why,
            consent_version=consent_version,
            applied_at=now,
        )
    )
    db.session.flush()


def accept(*, leader: Leader, version: int, now: datetime, actor: str) -> None:
    """Accept the agreement in force and begin, in the community applied for; the version and time stay.

    Raise RuleBroken ``not_approved``, ``agreement_changed``.
    """
    if leader.state != LeaderState.REVIEWED:
        raise RuleBroken("not_approved", "There is nothing to accept: the operator has not approved you.")
    if keep_agreement(now=now).version != version:
        raise RuleBroken("agreement_changed", "The agreement has changed; please read it once more.")
    move_leader(
        leader=leader,
        seen=LeaderState.REVIEWED,
        state=LeaderState.ACTIVE,
        reason="",
        now=now,
        actor=actor,
    )
    leader.agreement_version, leader.agreed_at = version, now
    application = application_of(leader)
    if leader.community_id is None and application is not None:
        leader.community = _community(application.community)
    db.session.flush()
    log("agreement_accepted", "leader", leader.code, {}, {"version": version}, now, actor)


def _community(name: str) -> Community:
    found = db.session.scalar(select(Community).where(Community.name == name))
    if found is None:
        found = Community(name=name)
        db.session.add(found)
    return found
