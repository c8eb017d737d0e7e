"""A leader's rounds: the list, and one with its sheets and texts for the group."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from groupbuy.campaigns.listing import Viewer, visible_rounds
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.web.leader.announcing import announcements
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.leader.round_cards import cards_of

PAGE_SIZE = 10


@blueprint.get("/rounds")
@for_leaders
def rounds() -> ResponseReturnValue:
    """Show the rounds in which the leader takes part, what sells now first."""
    leader, now = the_leader(), utc_now()
    pages = db.paginate(
        visible_rounds(Viewer(leader_ids=[leader.id]), now=now),
        page=page_number(),
        per_page=PAGE_SIZE,
        error_out=False,
    )
    return render_template("leader/rounds.html", cards=cards_of(leader, pages.items, now), pages=pages)


@blueprint.get("/rounds/<name>")
@for_leaders
def rounds_show(name: str) -> ResponseReturnValue:
    """Show one round: figures, sheets, ready texts."""
    leader, now = the_leader(), utc_now()
    card = cards_of(leader, [round_of(leader, name)], now)[0]
    settings: Settings = current_app.extensions["groupbuy_settings"]
    texts = announcements(card, leader, zone=settings.timezone)
    return render_template("leader/round.html", card=card, round=card.round, leader=leader, texts=texts)
