"""What an operator decides about a leader: approve, reject, suspend, take back, let go."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.flows import recruiting
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders import rules
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.members.models import Resident
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.kit.states import look

# What has to be settled before a leader can leave.
_KEEPS = {
    "balance": _l("commission not paid out"),
    "frozen": _l("commission still frozen"),
    "withdrawals": _l("withdrawals under way"),
    "cash": _l("residents' cash not handed over"),
}


class SeenForm(PageForm):
    """A decision, with the state that the operator saw."""

    seen = HiddenField()


class WhyForm(SeenForm):
    """A decision that needs a reason."""

    reason = TextAreaField(
        _l("Reason, shown to the leader"),
        validators=[InputRequired(), Length(max=200)],
        render_kw={"rows": 2},
    )


@blueprint.route(
    "/leaders/<code>/<any(reviewed, active, rejected, suspended, exited):state>", methods=["GET", "POST"]
)
def leaders_move(code: str, state: str) -> ResponseReturnValue:
    """Say what moving a leader means, and do it."""
    leader = get_leader(code)
    form = _form_for(state)(seen=leader.state)
    back = url_for("admin.leaders_detail", code=code)

    def store() -> None:
        recruiting.decide(
            code=code,
            seen=form.seen.data or "",
            state=state,
            reason=form.reason.data if "reason" in form else "",
            now=utc_now(),
            actor=actor().name,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("%(name)s: %(state)s", name=leader.name, state=look("leader", state).label), "ok")
        return redirect(back, 303)
    obstacles = _obstacles(leader) if state == "exited" else []
    count = db.session.scalar(select(func.count()).where(Resident.leader_id == leader.id)) or 0
    return ask_first(
        "admin",
        _question(leader.name, state),
        [*_consequences(state, count), *obstacles],
        deed=None if obstacles else _("Confirm"),
        back=back,
        form=form,
        danger=state in rules.REASON_NEEDED,
    )


def _question(name: str, state: str) -> str:
    questions = {
        "reviewed": _("Approve the application of %(name)s?", name=name),
        "active": _("Let %(name)s take orders?", name=name),
        "rejected": _("Reject the application of %(name)s?", name=name),
        "suspended": _("Suspend %(name)s?", name=name),
        "exited": _("Let %(name)s go?", name=name),
    }
    return questions[state]


def _form_for(state: str) -> type[SeenForm]:
    return WhyForm if state in rules.REASON_NEEDED else SeenForm


def _consequences(state: str, residents: int) -> list[str]:
    if state == "active":
        return [
            _("Takes orders in every round from now on."),
            _("Residents can find and choose this leader."),
        ]
    if state == "reviewed":
        return [_("The agreement can be signed; no order is taken before.")]
    if state == "rejected":
        return [_("The applicant reads the reason and can apply again.")]
    bound = ngettext("%(num)s resident is bound here.", "%(num)s residents are bound here.", residents)
    if state == "exited":
        return [bound, _("The leader can sign in to the desk no longer.")]
    return [bound, _("No new orders are taken; orders placed before are handed out as agreed.")]


def _obstacles(leader: Leader) -> list[str]:
    """Return what has to be settled before a leader can leave."""
    orders, money = recruiting.open_orders_of(leader), recruiting.open_money_of(leader)
    sentences = []
    if orders:
        named = "、".join(orders[: recruiting.MOST_NAMED])
        sentences.append(
            _("Not possible yet: %(count)s orders are open (%(named)s).", count=len(orders), named=named)
        )
    sentences += [
        _("Not possible yet: %(what)s %(amount)s.", what=_KEEPS[name], amount=format_yuan(amount))
        for name, amount in money.items()
    ]
    return sentences
