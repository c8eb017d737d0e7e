"""Whether a leader brings orders to the door, and what that costs."""

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import Optional

from groupbuy.flows import bringing
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader


class DoorFeeForm(PageForm):
    """What bringing an order to the door costs."""

    door_fee_fen = YuanField(
        _l("Fee for an order (yuan)"),
        validators=[Optional()],
        description=_l("0 is free of charge; empty: you do not bring orders. It holds for later orders."),
    )


@blueprint.route("/door-delivery", methods=["GET", "POST"])
@for_leaders
def door_delivery() -> ResponseReturnValue:
    """Say whether orders are brought to the door, and for what fee."""
    form, who = DoorFeeForm(obj=the_leader()), signed_in().actor

    def store() -> None:
        fee = form.door_fee_fen.data
        bringing.set_door_fee(leader=the_leader(), fee_fen=fee, now=utc_now(), actor=who)

    return saving.answer(
        form,
        store,
        title=_("Bringing to the door"),
        back=(url_for("leader.desk"), _("Desk")),
        template="leader/door_delivery.html",
    )
