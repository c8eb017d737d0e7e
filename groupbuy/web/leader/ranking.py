"""Ranking and targets: where the leader stands, and what sells in its community."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from groupbuy.analytics import leader_ranking
from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders import targets
from groupbuy.leaders.levels import next_above
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import start_of
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader

SPANS = (7, 30)
MOST = 10


class TargetForm(PageForm):
    """What to sell this month."""

    amount = YuanField(_l("Target of this month (yuan)"), validators=[InputRequired()])


@blueprint.get("/ranking")
@for_leaders
def ranking() -> ResponseReturnValue:
    """Show the leader's place, the month's target, and what and who bought most."""
    return _page(TargetForm(formdata=None, amount=_target()))


def _target() -> int | None:
    return targets.target_fen(leader_id=the_leader().id, month=today())


def _page(form: TargetForm, status: int = 200) -> ResponseReturnValue:
    leader, days = the_leader(), _days()
    start, end = start_of(today() - timedelta(days=days - 1)), start_of(today() + timedelta(days=1))
    span: dict[str, Any] = {"leader_id": leader.id, "start": start, "end": end, "most": MOST}
    reached = leader_ranking.turnover_fen(leader_id=leader.id, start=_month_start(), end=end)
    page = render_template(
        "leader/ranking.html",
        leader=leader,
        days=days,
        spans=SPANS,
        standing=leader_ranking.standing(**span),
        buyers=leader_ranking.top_buyers(**span),
        goods=leader_ranking.top_goods(**span),
        target=_target(),
        next_level=next_above(reached),
        reached=reached,
        form=form,
    )
    return page, status


def _days() -> int:
    asked = request.args.get("days", type=int)
    return asked if asked in SPANS else SPANS[0]


def _month_start() -> datetime:
    return start_of(today().replace(day=1))


@blueprint.post("/ranking")
@for_leaders
def ranking_target() -> ResponseReturnValue:
    """Set the target of this month."""
    form = TargetForm()
    if not form.validate():
        return _page(form, 422)
    try:
        in_transaction(
            lambda: targets.set_target(
                leader=the_leader(),
                month=today(),
                amount_fen=form.amount.data or 0,
                now=utc_now(),
                actor=signed_in().actor.name,
            )
        )
    except GroupbuyError as error:
        form.amount.errors = [*form.amount.errors, translate_sentence(error.message)]
        return _page(form, error.status)
    flash(_("The target is set."), "ok")
    return redirect(url_for("leader.ranking"), 303)
