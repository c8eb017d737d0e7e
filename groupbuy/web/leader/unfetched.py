"""What nobody has fetched: perishables to decide about, and orders that are kept aside."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import disposing
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders import queries
from groupbuy.orders.models import Order
from groupbuy.pickup import unfetched as goods
from groupbuy.web.keeping_aside import aside_page, end_aside
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.blueprint import blueprint, for_leaders
from groupbuy.web.order_facts import facts_of

MOST = 100


class DecideForm(PageForm):
    """Carries the token."""


@blueprint.get("/unfetched")
@for_leaders
def unfetched() -> ResponseReturnValue:
    """List the perishables to decide about, and the orders that are kept aside."""
    mine, now = signed_in().leader_ids, utc_now()
    due = db.session.scalars(goods.to_decide(mine, now).limit(MOST)).all()
    aside = db.session.scalars(goods.kept_aside(mine, now).limit(MOST)).all()
    facts = facts_of([*due, *aside])
    return render_template(
        "leader/unfetched.html", due=due, aside=aside, facts=facts, now=now, form=DecideForm()
    )


@blueprint.post("/unfetched/<number>")
@for_leaders
def unfetched_decide(number: str) -> ResponseReturnValue:
    """Dispose of an order's perishables, or leave them to be fetched."""
    mine, dispose = signed_in().leader_ids, request.form.get("decision") == "dispose"
    queries.get_order(number, leader_ids=mine)
    in_transaction(
        lambda: disposing.decide(
            order=queries.get_order(number, leader_ids=mine),
            dispose=dispose,
            now=utc_now(),
            zone=zone(),
            actor=signed_in().actor,
        )
    )
    flash(_("Booked; the resident has been told.") if dispose else _("They stay to be fetched."), "ok")
    return redirect(url_for("leader.unfetched"), 303)


@blueprint.route("/pickup/<number>/aside", methods=["GET", "POST"])
@for_leaders
def pickup_aside(number: str) -> ResponseReturnValue:
    """Keep an order aside until a day."""
    who, template = signed_in().actor, "leader/aside.html"
    return aside_page(_mine(number), back=_back(number), template=template, actor=who, number=number)


@blueprint.post("/pickup/<number>/aside/end")
@for_leaders
def pickup_aside_end(number: str) -> ResponseReturnValue:
    """Keep an order aside no longer."""
    return end_aside(_mine(number), back=_back(number)[0], actor=signed_in().actor)


def _mine(number: str) -> Order:
    return queries.get_order(number, leader_ids=signed_in().leader_ids)


def _back(number: str) -> tuple[str, str]:
    return url_for("leader.pickup_bag", number=number), _("Bag")
