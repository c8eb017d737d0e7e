"""Making residents, and what they change about themselves."""

from datetime import datetime

from groupbuy.accounts.models import Account
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.members.models import Resident
from groupbuy.members.queries import residents_of

# Grows when the text that people consent to changes; templates/signin/privacy.html is the text.
CONSENT_VERSION = "2026-11"
MAX_NAME = 30
MAX_ROOM = 40


def resident_for(*, account: Account, name: str, leader_code: str, now: datetime) -> Resident:
    """Return the account's resident, bound to the leader from now on; made where there is none.

    Orders placed before stay with the leader they were placed with. Raise NotFound.
    """
    leader = get_leader(leader_code)
    own = residents_of(account.id)
    if own:
        own[0].leader_id, own[0].former_leader_id, own[0].leader_since = leader.id, None, None
        db.session.flush()
        return own[0]
    resident = Resident(
        code=f"R{account.id:08d}",
        account_id=account.id,
        name=name,
        phone=account.phone,
        leader_id=leader.id,
        created_at=now,
    )
    db.session.add(resident)
    db.session.flush()
    return resident


def consent(*, resident: Resident, now: datetime, actor: str) -> None:
    """Keep that a resident has agreed to the privacy text in force, and when."""
    resident.consent_version, resident.consent_at = CONSENT_VERSION, now
    db.session.flush()
    _log(resident, "consent_given", now, actor, after={"version": CONSENT_VERSION})


def edit_profile(*, resident: Resident, name: str, room: str, now: datetime, actor: str) -> None:
    """Set how a resident is called and where the door is; raise BadInput."""
    resident.name, resident.room = check_name(name), check_room(room)
    # The room says it all ("3-2-501"); a building from an import would contradict it.
    resident.building = None
    db.session.flush()
    _log(resident, "profile_changed", now, actor)


def change_leader(*, resident: Resident, leader: Leader, now: datetime, actor: str) -> None:
    """Bind a resident to another leader in the rounds that open from now on.

    Rounds that are open already, and orders placed, stay with the former one. Again changes nothing.
    Raise RuleBroken ``leader_not_active``.
    """
    if leader.state != "active":
        raise RuleBroken("leader_not_active", "This leader takes no orders at present.")
    former = resident.leader_id
    if former == leader.id:
        return
    resident.former_leader_id, resident.leader_id, resident.leader_since = former, leader.id, now
    db.session.flush()
    db.session.expire(resident, ["leader", "former_leader"])
    _log(resident, "leader_changed", now, actor, before={"leader": former}, after={"leader": leader.id})


def check_name(text: str) -> str:
    """Return a name of 1 to MAX_NAME characters on one line; raise BadInput."""
    return _line(text, MAX_NAME, "name", "Tell us what to call you.")


def check_room(text: str) -> str:
    """Return a room such as ``3-2-501``; raise BadInput."""
    return _line(text, MAX_ROOM, "room", "Your building and room, so that your bag finds you.")


def _line(text: str, most: int, param: str, sentence: str) -> str:
    plain = " ".join(text.split())
    if not plain or len(plain) > most or not plain.isprintable():
        raise BadInput("required" if not plain else "too_long", sentence, param=param)
    return plain


def _log(
    resident: Resident,
    verb: str,
    now: datetime,
    actor: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject=resident.code,
        before=before,
        after=after,
    )
