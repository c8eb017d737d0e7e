"""A leader's sheets, round by round: printed or downloaded."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order
from groupbuy.web.admin import papers
from groupbuy.web.admin.blueprint import blueprint, my_leaders
from groupbuy.web.admin.rounds import BEFORE_CLOSE

MOST_ROUNDS = 30


def my_leader(code: str) -> Leader:
    """Return one of the leaders that whoever asks deals with; raise NotFound, also for another."""
    leader, mine = get_leader(code), my_leaders()
    if mine is not None and leader.id not in mine:
        raise NotFound("unknown_leader", f"There is no leader {code}.")
    return leader


@blueprint.get("/leaders/<code>/sheets")
def leaders_sheets(code: str) -> ResponseReturnValue:
    """Show the rounds that have closed with orders of the leader, the latest first."""
    leader = my_leader(code)
    rounds = db.session.execute(
        select(Round, func.count(Order.id).label("orders"))
        .join(Order, Order.round_id == Round.id)
        .where(
            Order.leader_id == leader.id, is_live(), Round.state.not_in((*BEFORE_CLOSE, RoundState.CANCELLED))
        )
        .group_by(Round.id)
        .order_by(Round.closes_at.desc(), Round.id.desc())
        .limit(MOST_ROUNDS)
    ).all()
    return render_template("admin/leader_sheets.html", leader=leader, rounds=rounds, papers=papers)
