"""The desk: what a leader sees first, on a phone, with bags around."""

from datetime import datetime, time, timedelta

from flask import current_app, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from groupbuy.aftersales.listing import count_open
from groupbuy.analytics.leader_desk import bags_to_hand_out, orders_between
from groupbuy.campaigns.listing import Viewer, next_of_each_campaign, visible_rounds
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.delivery.queries import days_to_sign
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.blueprint import CHOSEN, blueprint, for_leaders, my_leaders, the_leader
from groupbuy.web.leader.pickup import CodeForm
from groupbuy.web.leader.round_cards import cards_of, state_of

MOST_ROUNDS = 60
OVER = (RoundState.COMPLETED, RoundState.CANCELLED)
# A round nobody has completed leaves the desk some time after its pickup day; the list keeps it.
ON_DESK = timedelta(days=7)


class LeaderForm(PageForm):
    """Choose whose desk to see, for accounts that are several leaders."""

    code = HiddenField()


@blueprint.get("/")
@for_leaders
def desk() -> ResponseReturnValue:
    """Show today's figures, the code entry and the rounds under way."""
    now, leader = utc_now(), the_leader()
    cards = cards_of(leader, _rounds_under_way(leader, now), now)
    start, end = _today(now)
    return render_template(
        "leader/desk.html",
        leader=leader,
        leaders=my_leaders() if len(signed_in().leader_ids) > 1 else [],
        greeting=greeting(now),
        cards=cards,
        orders_today=orders_between(leader_id=leader.id, start=start, end=end),
        to_hand_out=bags_to_hand_out(leader_ids=[leader.id]),
        commission_fen=sum(card.figures.commission_fen for card in cards),
        to_sign=days_to_sign(leader.id),
        open_cases=count_open([leader.id]),
        form=CodeForm(),
    )


@blueprint.post("/desk-of")
@for_leaders
def choose_desk() -> ResponseReturnValue:
    """Show another of the asker's own desks from now on."""
    form = LeaderForm()
    if not form.validate() or form.code.data not in {leader.code for leader in my_leaders()}:
        raise NotFound("unknown_leader", "There is no such leader.")
    session[CHOSEN] = form.code.data
    return redirect(url_for("leader.desk"), 303)


def greeting(now: datetime) -> str:
    """Return a greeting that fits the hour."""
    hour = now.astimezone(_settings().timezone).hour
    if hour < 5 or hour >= 18:
        return _("good evening")
    if hour < 11:
        return _("good morning")
    return _("good day") if hour < 13 else _("good afternoon")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return settings


def _today(now: datetime) -> tuple[datetime, datetime]:
    zone = _settings().timezone
    start = datetime.combine(now.astimezone(zone).date(), time.min, tzinfo=zone)
    return start, start + timedelta(days=1)


def _rounds_under_way(leader: Leader, now: datetime) -> list[Round]:
    """Return open rounds by cut-off, then those to be handed out by pickup day, then the next to come."""
    viewer = Viewer(leader_ids=[leader.id])
    today = now.astimezone(_settings().timezone).date()
    found = [
        round_
        for round_ in db.session.scalars(visible_rounds(viewer, now=now).limit(MOST_ROUNDS))
        if round_.state not in OVER and round_.pickup_date + ON_DESK >= today
    ]
    ranks = {RoundState.OPEN: 0, RoundState.SCHEDULED: 2}
    found.sort(key=lambda one: (ranks.get(state_of(one, now), 1), one.closes_at, one.id))
    under_way = [one for one in found if state_of(one, now) != RoundState.SCHEDULED]
    return under_way + next_of_each_campaign(found[len(under_way) :])
