"""Tours proposed by a solver: asked for, taken over, thrown away."""

from collections.abc import Callable
from datetime import date

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import planning
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.delivery import day_of_form
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import ngettext, translate_sentence


@blueprint.post("/delivery/proposal")
def delivery_propose() -> ResponseReturnValue:
    """Ask for tours of a day."""
    day, who = day_of_form(), actor().name

    def ask() -> str:
        in_transaction(lambda: planning.propose(day=day, now=utc_now(), actor=who))
        return _("Tours are being worked out; this takes some seconds.")

    return _answer(day, ask)


@blueprint.post("/delivery/proposal/take")
def delivery_take() -> ResponseReturnValue:
    """Take the proposed tours of a day over."""
    day, who = day_of_form(), actor().name

    def take() -> str:
        stops = in_transaction(lambda: planning.take_over(day=day, now=utc_now(), actor=who))
        return ngettext("%(num)s stop stands as proposed.", "%(num)s stops stand as proposed.", stops)

    return _answer(day, take)


@blueprint.post("/delivery/proposal/drop")
def delivery_drop() -> ResponseReturnValue:
    """Throw the proposed tours of a day away."""
    day, who = day_of_form(), actor().name

    def drop() -> str:
        in_transaction(lambda: planning.throw_away(day=day, now=utc_now(), actor=who))
        return _("The proposal was thrown away.")

    return _answer(day, drop)


def _answer(day: date, deed: Callable[[], str]) -> ResponseReturnValue:
    try:
        flash(deed(), "ok")
    except RuleBroken as error:
        flash(translate_sentence(error.message), "bad")
    return redirect(url_for("admin.delivery", day=day.isoformat()), 303)
