"""What leaders handed out without a connection and did not fit: all of it, and deciding one."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import syncing
from groupbuy.flows.syncing import Decision
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.queries import lines_of
from groupbuy.pickup import events
from groupbuy.pickup.conflicts import STATES, all_conflicts
from groupbuy.pickup.models import PickupEvent
from groupbuy.web.admin.blueprint import actor, blueprint, my_leaders
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    by_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

COLUMNS = (
    Column(
        _l("Order"),
        lambda row: row.PickupEvent.order_no,
        "code",
        lambda row: url_for("admin.pickup_conflicts_event", event_id=row.PickupEvent.event_id),
        width=18,
    ),
    Column(_l("Leader"), lambda row: row.Leader.name, "name"),
    Column(_l("Round"), lambda row: row.Round and row.Round.title, width=20),
    Column(_l("Resident"), lambda row: row.Resident and row.Resident.name),
    Column(_l("What happened"), lambda row: translate_sentence(row.PickupEvent.message or ""), width=36),
    Column(_l("Handed out at"), lambda row: row.PickupEvent.happened_at, "moment", sort="happened"),
    Column(_l("Received from the phone at"), lambda row: row.PickupEvent.received_at, "moment"),
    Column(_l("State"), lambda row: row.state, "state:pickup_conflict"),
    Column(_l("Decided"), lambda row: row.PickupEvent.decided_at, "moment"),
)


@blueprint.get("/pickup-conflicts")
def pickup_conflicts() -> ResponseReturnValue:
    """List what did not fit, the latest sent first."""
    state = asked("state")
    statement = all_conflicts(my_leaders(), state=state if state in STATES else None)
    listing = Listing(
        "pickup-conflicts",
        _("Offline conflicts"),
        statement.where(
            *within_days(PickupEvent.happened_at, "from", "until"),
            *searched(PickupEvent.order_no, Leader.name, Leader.code, Round.title, Resident.name),
        ).order_by(PickupEvent.id.desc()),
        COLUMNS,
        filters=(
            Filter("q", _("Order, leader, round or resident")),
            by_state("pickup_conflict"),
            Filter("from", _("Day of the hand-out"), until="until"),
        ),
        sorts={"happened": PickupEvent.happened_at},
        personal=True,
    )
    return show(listing, empty_text=_("Everything that was handed out offline has been booked."))


@blueprint.route("/pickup-conflicts/<event_id>", methods=["GET", "POST"])
def pickup_conflicts_event(event_id: str) -> ResponseReturnValue:
    """Show what did not fit and decide it in the leader's place; of two people at once the second is told."""
    events.get_by_event_id(event_id, leader_ids=my_leaders())
    form = PageForm()
    if form.validate_on_submit():
        try:
            _decide(event_id)
            flash(_("Noted."), "ok")
        except GroupbuyError as error:
            flash(translate_sentence(error.message), "bad")
        return redirect(url_for("admin.pickup_conflicts_event", event_id=event_id), 303)
    row = db.session.execute(
        all_conflicts(my_leaders()).where(PickupEvent.event_id == event_id)
    ).one_or_none()
    if row is None:
        return redirect(url_for("admin.pickup_conflicts"), 303)
    lines = lines_of([row.Order.id]) if row.Order else ()
    return render_template("admin/pickup_conflict.html", row=row, lines=lines, form=form)


def _decide(event_id: str) -> None:
    try:
        decision = Decision(request.form.get("decision", ""))
    except ValueError as error:
        raise BadInput("unknown_value", "Choose what became of the goods.", param="decision") from error
    now, who, leaders = utc_now(), actor(), my_leaders()
    in_transaction(
        lambda: syncing.decide(event_id=event_id, leader_ids=leaders, decision=decision, now=now, actor=who)
    )
