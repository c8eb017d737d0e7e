"""Somebody becomes a resident of a leader, and leaves again."""

from datetime import datetime

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.flows import doors
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.members.queries import residents_of


def join(*, phone: str, name: str, room: str, leader_id: int, now: datetime) -> Account:
    """Make who holds a proven phone a resident of a leader, with consent to the text in force.

    A resident there is already keeps its leader and orders. Raise BadInput, RuleBroken
    ``leader_not_active`` or ``account_disabled``.
    """
    leader = db.session.get_one(Leader, leader_id)
    if leader.state != "active":
        raise RuleBroken("leader_not_active", "This leader takes no orders at present.")
    account = accounts.account_for(phone=phone, name=members.check_name(name), now=now)
    if not account.active:
        raise RuleBroken("account_disabled", "This account has been disabled; ask your leader.")
    actor = f"account:{account.id}"
    accounts.grant_role(account=account, role="resident", now=now, actor=actor)
    resident = _resident(account, leader, name, now)
    doors.edit_profile(resident=resident, name=name, room=room, now=now, actor=actor)
    members.consent(resident=resident, now=now, actor=actor)
    return account


def _resident(account: Account, leader: Leader, name: str, now: datetime) -> Resident:
    own = residents_of(account.id)
    if own:
        return own[0]
    return members.resident_for(account=account, name=name, leader_code=leader.code, now=now)
