"""What an operator decides about a leader: approve, reject, suspend, take back, let go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

# What has to be settled before a leader can leave, how, and where that is seen.
_KEEPS = {
    "balance": (
        _l("commission not paid out"),
        _l("The leader withdraws it."),
        "admin.commissions_statements",
    ),
    "debt": (
        _l("paid out too much, owed by the leader"),
        _l("It is taken off what the leader earns next, paid back, or written off."),
        "admin.debts",
    ),
    "pending": (
        _l("commission not handed out yet"),
        _l("It moves on as goods are handed out; rewards wait for orders of other leaders."),
        "admin.commissions",
    ),
    "frozen": (
        _l("commission still frozen"),
        _l("It settles when the days of after-sales are over."),
        "admin.commissions",
    ),
    "withdrawals": (_l("withdrawals under way"), _l("Pay or reject them."), "admin.withdrawals"),
    "cash": (
        _l("residents' cash not handed over"),
        _l("The leader notes the hand-over, and you confirm it."),
        "admin.cash",
    ),
    "helpers": (
        _l("shares of helpers not paid or not confirmed"),
        _l("The leader pays them, and the helpers confirm it."),
        "admin.commissions_statements",
    ),
}
# What a list calls the leader in its address.
_NARROWED = {"admin.commissions_statements": "q"}


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
        _consequences(state, count),
        obstacles=obstacles,
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


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What has to be settled first, how that is done, and the page where it is seen."""

    what: str
    how: str
    page: str


def _obstacles(leader: Leader) -> list[Obstacle]:
    """Return what has to be settled before a leader can leave."""
    orders, money = recruiting.open_orders_of(leader), recruiting.open_money_of(leader)
    found = [_open_orders(leader, orders)] if orders else []
    return found + [_open_money(leader, name, amount) for name, amount in money.items()]


def _open_orders(leader: Leader, numbers: Sequence[str]) -> Obstacle:
    named = "、".join(numbers[: recruiting.MOST_NAMED])
    return Obstacle(
        _("Not possible yet: %(count)s orders are open (%(named)s).", count=len(numbers), named=named),
        _("They are handed out or cancelled first."),
        url_for("admin.orders", leader=leader.code),
    )


def _open_money(leader: Leader, name: str, amount_fen: int) -> Obstacle:
    what, how, endpoint = _KEEPS[name]
    narrowed: dict[str, Any] = {_NARROWED.get(endpoint, "leader"): leader.code}
    return Obstacle(
        _("Not possible yet: %(what)s %(amount)s.", what=what, amount=format_yuan(amount_fen)),
        str(how),
        url_for(endpoint, **narrowed),
    )
