"""Handing out where there is no signal: a page that stays on the phone, and what did not fit afterwards."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from groupbuy.analytics import pickup_day
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import syncing
from groupbuy.flows.syncing import Decision
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso
from groupbuy.orders import queries as orders
from groupbuy.orders.doors import door_of
from groupbuy.pickup import events
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.bags import lines_by_order
from groupbuy.web.leader.blueprint import blueprint, for_hands


class DecideForm(PageForm):
    """Carries the token."""


@blueprint.get("/pickup/offline")
@for_hands
def pickup_offline() -> ResponseReturnValue:
    """Show the page that hands out without a connection; its list comes from ``pickup_day``."""
    return render_template("leader/pickup_offline.html", account=signed_in().account_id)


@blueprint.get("/pickup/day.json")
@for_hands
def pickup_day_json() -> ResponseReturnValue:
    """Give the page its list, with a token for what it sends and whose list it is."""
    identity = signed_in()
    return jsonify(
        account=identity.account_id,
        token=generate_csrf(),
        made_at=iso(utc_now()),
        conflicts=events.count_conflicts(identity.leader_ids),
        bags=pickup_day.as_json(pickup_day.bags_to_keep(identity.leader_ids)),
    )


@blueprint.get("/pickup/conflicts")
@for_hands
def pickup_conflicts() -> ResponseReturnValue:
    """List what was handed out without a connection and did not fit any more."""
    found = events.conflicts(signed_in().leader_ids)
    known = orders.orders_by_number([event.order_no for event in found], leader_ids=signed_in().leader_ids)
    return render_template(
        "leader/pickup_conflicts.html",
        conflicts=found,
        orders=known,
        doors={number: door(*door_of(order)) for number, order in known.items()},
        lines=lines_by_order([order.id for order in known.values()]),
        form=DecideForm(),
    )


@blueprint.post("/pickup/conflicts/<event_id>")
@for_hands
def pickup_conflicts_decide(event_id: str) -> ResponseReturnValue:
    """Decide what really became of the goods."""
    identity, now = signed_in(), utc_now()
    events.get_by_event_id(event_id, leader_ids=identity.leader_ids)
    try:
        decision = Decision(request.form.get("decision", ""))
    except ValueError as error:
        raise BadInput("unknown_value", "Choose what became of the goods.", param="decision") from error
    in_transaction(
        lambda: syncing.decide(
            event_id=event_id,
            leader_ids=identity.leader_ids,
            decision=decision,
            now=now,
            actor=identity.actor,
        )
    )
    flash(_("Noted."), "ok")
    return redirect(url_for("leader.pickup_conflicts"), 303)
