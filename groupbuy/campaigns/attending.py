"""Which leaders take part in rounds that are planned already."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, and_, func, literal, select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Campaign, CampaignLeader, Round, RoundLeader
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.leaders.rules import LeaderState

NEVER_HANDED_OUT = (RoundState.DRAFT, RoundState.CANCELLED)


def hold_plans() -> None:
    """Keep campaigns from making rounds until this transaction has ended."""
    published = select(Campaign.id).where(Campaign.state == "published").order_by(Campaign.id)
    db.session.execute(published.with_for_update(key_share=True))


def rounds_handed_out(days: Sequence[date]) -> Sequence[Round]:
    """Return the rounds whose pickup day is one of these, with their campaigns, by pickup day."""
    statement = select(Round).where(Round.pickup_date.in_(days), Round.state.not_in(NEVER_HANDED_OUT))
    return db.session.scalars(
        statement.options(joinedload(Round.campaign)).order_by(Round.pickup_date, Round.closes_at, Round.id)
    ).all()


def leaders_of(round_: Round) -> Select[int]:
    """Return the query of the active leaders who take part in a round, by id."""
    choice = and_(RoundLeader.round_id == round_.id, RoundLeader.leader_id == Leader.id)
    statement = select(Leader.id).outerjoin(RoundLeader, choice).where(Leader.state == LeaderState.ACTIVE)
    takes_part = func.coalesce(RoundLeader.takes_part, literal(round_.all_leaders))
    return statement.where(takes_part).order_by(Leader.id)


def sells_already(round_: Round, now: datetime) -> bool:
    """Tell whether a round has opened, by the clock, whatever the scheduler has done yet."""
    return round_.state != RoundState.SCHEDULED or round_.opens_at <= now


def leave(*, round_: Round, leader_id: int) -> None:
    """Take a leader out of a round."""
    db.session.merge(RoundLeader(round_id=round_.id, leader_id=leader_id, takes_part=False))
    db.session.flush()


def come_back(*, round_: Round, leader_id: int) -> bool:
    """Let a leader who rested take part as its campaign has it; tell whether the leader takes part."""
    chosen = db.session.get(CampaignLeader, (round_.campaign_id, leader_id)) is not None
    row = db.session.get(RoundLeader, (round_.id, leader_id))
    if row is not None and (chosen or round_.all_leaders):
        row.takes_part = True
        db.session.flush()
    return chosen or round_.all_leaders
