"""A leader's target of the month, as the operator sets it."""

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import targets
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class TargetForm(PageForm):
    """What a leader shall sell this month."""

    amount = YuanField(_l("Target of this month (yuan)"), validators=[InputRequired()])


@blueprint.route("/leaders/<code>/target", methods=["GET", "POST"])
def leaders_target(code: str) -> ResponseReturnValue:
    """Show and set the target of this month."""
    leader = get_leader(code)
    form = TargetForm(amount=targets.target_fen(leader_id=leader.id, month=today()))

    def store() -> None:
        targets.set_target(
            leader=get_leader(code),
            month=today(),
            amount_fen=form.amount.data or 0,
            now=utc_now(),
            actor=actor().name,
        )

    title = _("Target of %(name)s", name=leader.name)
    return saving.answer(
        form, store, title=title, back=(url_for("admin.leaders_detail", code=code), leader.name)
    )
