"""Making leaders and their helpers."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.leaders.queries import get_leader, leaders_of


def leader_for(*, account: Account, name: str, code: str | None, now: datetime) -> Leader:
    """Return the leader of this code, bound to the account; made where there is none.

    Without a code it is the account's own leader, or a new one numbered by the account. Raise
    RuleBroken ``already_exists`` when the code belongs to another account.
    """
    own = leaders_of(account.id)
    if code is None and own:
        return own[0]
    code = code or f"L{account.id:06d}"
    leader = db.session.scalar(select(Leader).where(Leader.code == code))
    if leader is None:
        leader = Leader(code=code, account_id=account.id, name=name, phone=account.phone, created_at=now)
        db.session.add(leader)
        db.session.flush()
    if leader.account_id != account.id:
        raise RuleBroken("already_exists", f"Leader {code} has another phone.", param="leader")
    return leader


def add_helper(*, account: Account, leader_code: str) -> None:
    """Let an account hand out goods for a leader; again changes nothing. Raise NotFound."""
    leader = get_leader(leader_code)
    if db.session.get(LeaderHelper, (leader.id, account.id)) is None:
        db.session.add(LeaderHelper(leader_id=leader.id, account_id=account.id))
        db.session.flush()
