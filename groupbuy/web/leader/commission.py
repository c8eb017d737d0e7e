"""What a leader earns: per round, opening down to the order lines."""

from math import ceil

from flask import render_template
from flask.typing import ResponseReturnValue

from groupbuy.analytics import leader_commission as earned
from groupbuy.analytics.leader_desk import figures_of_rounds
from groupbuy.campaigns.listing import Viewer, rounds_page
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions.helpers import shares_in
from groupbuy.commissions.sheets import rate_text
from groupbuy.kernel.clock import utc_now
from groupbuy.web.kit.paging import Pages
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.leader.round_cards import state_of

PAGE_SIZE = 20
LINES_PER_PAGE = 50
MOST_OPEN = 20


@blueprint.get("/commission")
@for_leaders
def commission() -> ResponseReturnValue:
    """Show what is expected of open rounds and what was booked at the close of others."""
    leader, now = the_leader(), utc_now()
    viewer = Viewer(leader_ids=[leader.id])
    selling = rounds_page(viewer=viewer, state=RoundState.OPEN, now=now, after=None, most=MOST_OPEN)
    figures = figures_of_rounds(leader_id=leader.id, round_ids=[one.id for one in selling])
    count = earned.rounds_with_entries(leader.id)
    pages = Pages(page_number(), ceil(count / PAGE_SIZE), count)
    return render_template(
        "leader/commission.html",
        selling=[(one, figures[one.id]) for one in selling if figures[one.id].orders],
        expected_fen=sum(one.commission_fen for one in figures.values()),
        booked_fen=earned.booked_total(leader.id),
        rounds=earned.earned_rounds(leader.id, page=pages.page, size=PAGE_SIZE),
        pages=pages,
    )


@blueprint.get("/commission/<name>")
@for_leaders
def commission_round(name: str) -> ResponseReturnValue:
    """Show the order lines behind a round's commission."""
    leader = the_leader()
    round_ = round_of(leader, name)
    page = page_number()
    lines, count = earned.earned_lines(leader.id, round_.id, page=page, size=LINES_PER_PAGE)
    return render_template(
        "leader/commission_round.html",
        round=round_,
        state=state_of(round_, utc_now()),
        earned=earned.earned_round(leader.id, round_.id),
        figures=figures_of_rounds(leader_id=leader.id, round_ids=[round_.id])[round_.id],
        lines=lines,
        pages=Pages(page, ceil(count / LINES_PER_PAGE), count),
        shares=shares_in(round_.id, leader.id),
        rate_text=rate_text,
    )
