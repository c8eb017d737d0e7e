"""Making residents."""

from datetime import datetime

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.leaders.queries import get_leader
from groupbuy.members.models import Resident
from groupbuy.members.queries import residents_of


def resident_for(*, account: Account, name: str, leader_code: str, now: datetime) -> Resident:
    """Return the account's resident, bound to the leader from now on; made where there is none.

    Orders placed before stay with the leader they were placed with. Raise NotFound.
    """
    leader = get_leader(leader_code)
    own = residents_of(account.id)
    if own:
        own[0].leader_id = leader.id
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
