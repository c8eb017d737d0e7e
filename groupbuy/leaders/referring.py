"""Which leader brought which: no leader itself, and no circle."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.managing import log
from groupbuy.leaders.models import Leader, LeaderReferral
from groupbuy.leaders.queries import get_leader


def referrer_of(leader_id: int) -> Leader | None:
    """Return the leader who brought another one."""
    row = db.session.get(LeaderReferral, leader_id)
    return None if row is None else row.referrer


def referred_by(leader_id: int) -> Sequence[Leader]:
    """Return the leaders whom a leader has brought, by code."""
    theirs = select(LeaderReferral.leader_id).where(LeaderReferral.referrer_id == leader_id)
    return db.session.scalars(select(Leader).where(Leader.id.in_(theirs)).order_by(Leader.code)).all()


def refer(*, leader: Leader, referrer_code: str | None, now: datetime, actor: str) -> None:
    """Set who brought a leader, None for nobody; it holds for rounds that close from now on.

    Raise NotFound, RuleBroken ``own_referral`` and ``referral_circle``.
    """
    _lock_the_tree()
    former = db.session.get(LeaderReferral, leader.id, populate_existing=True)
    before = former.referrer.code if former else None
    if before == referrer_code:
        return
    if former is not None:
        db.session.delete(former)
        db.session.flush()
    if referrer_code is not None:
        referrer = get_leader(referrer_code)
        _check(leader, referrer)
        db.session.add(LeaderReferral(leader_id=leader.id, referrer_id=referrer.id, at=now))
    db.session.flush()
    after = {"referrer": referrer_code}
    log("leader_referred", "leader", leader.code, {"referrer": before}, after, now, actor)


def _lock_the_tree() -> None:
    """Let one referral be set at a time: a circle may close between any leaders."""
    db.session.execute(select(Leader.id).order_by(Leader.id).limit(1).with_for_update())


def _check(leader: Leader, referrer: Leader) -> None:
    if _is_same(leader, referrer):
        raise RuleBroken("own_referral", "Nobody can bring the own self.", param="referrer")
    above: Leader | None = referrer
    while above is not None:
        if _is_same(leader, above):
            raise RuleBroken(
                "referral_circle", f"{referrer.name} was brought by {leader.name}.", param="referrer"
            )
        above = referrer_of(above.id)


def _is_same(one: Leader, other: Leader) -> bool:
    """Tell whether two leaders are one person, also where one person leads twice."""
    return one.id == other.id or one.account_id == other.account_id or one.phone == other.phone
