"""Rest days of a leader, as its own page and the operator's show them: what changes is said before."""

from datetime import date

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from groupbuy.audit.actor import Actor
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import resting
from groupbuy.flows.resting import Effect
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.leaders.resting import rest_days
from groupbuy.leaders.rules import as_ranges
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import DayField, optional
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class RestForm(PageForm):
    """The first and the last day of a rest."""

    first = DayField(_l("First day"), validators=[InputRequired()], render_kw={"type": "date"})
    last = DayField(
        _l("Last day"),
        validators=optional(),
        description=_l("Leave it empty for a single day."),
        render_kw={"type": "date"},
    )


def rest_page(leader: Leader, *, template: str, actor: Actor) -> ResponseReturnValue:
    """Show the rest days; say what a rest changes, save it, or take one back."""
    form = RestForm()
    do = request.form.get("do", "")
    effects = None
    if form.validate_on_submit():
        try:
            if do in DEEDS:
                DEEDS[do](leader.code, form, actor)
                return redirect(request.path, 303)
            effects = _preview(leader, form)
        except GroupbuyError as error:
            saving.blame(form, error)
    page = render_template(
        template,
        leader=leader,
        form=form,
        ranges=as_ranges(rest_days(leader.id, since=today())),
        effects=effects,
    )
    return page, 422 if form.errors else 200


def _preview(leader: Leader, form: RestForm) -> list[Effect]:
    first, last = _span(form)
    return resting.preview_rest(leader=leader, first=first, last=last, today=today(), now=utc_now())


def _save(code: str, form: RestForm, actor: Actor) -> None:
    first, last = _span(form)
    in_transaction(
        lambda: resting.add_rest(
            leader=get_leader(code), first=first, last=last, today=today(), now=utc_now(), actor=actor
        )
    )
    flash(_("The rest days have been saved."), "ok")


def _remove(code: str, form: RestForm, actor: Actor) -> None:
    first, last = _span(form)
    in_transaction(
        lambda: resting.end_rest(
            leader=get_leader(code), first=first, last=last, today=today(), now=utc_now(), actor=actor
        )
    )
    flash(_("The rest days have been removed."), "ok")


def _span(form: RestForm) -> tuple[date, date | None]:
    # The first day has passed its validator; the types of the form cannot say so.
    return form.first.data or today(), form.last.data


DEEDS = {"save": _save, "remove": _remove}
