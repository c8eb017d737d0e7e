"""Reading leaders."""

from collections.abc import Sequence

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader, LeaderHelper


def get_leader(code: str) -> Leader:
    """Return a leader by code; raise NotFound."""
    leader = db.session.scalar(select(Leader).where(Leader.code == code))
    if leader is None:
        raise NotFound("unknown_leader", f"There is no leader {code}.")
    return leader


def leaders_of(account_id: int) -> Sequence[Leader]:
    """Return the leaders that an account is, by code."""
    return db.session.scalars(
        select(Leader).where(Leader.account_id == account_id).order_by(Leader.code)
    ).all()


def helped_by(account_id: int) -> Sequence[Leader]:
    """Return the leaders for whom an account hands out goods, by code."""
    helped = select(LeaderHelper.leader_id).where(LeaderHelper.account_id == account_id)
    return db.session.scalars(select(Leader).where(Leader.id.in_(helped)).order_by(Leader.code)).all()


def is_leader(code: str, leader_ids: Sequence[int]) -> bool:
    """Tell whether a code is one of these leaders'."""
    found = select(Leader.id).where(Leader.code == code, Leader.id.in_(leader_ids))
    return db.session.scalar(found) is not None
