"""A leader's orders: searched, looked at, noted as paid, cancelled."""

from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.aftersales import lots
from groupbuy.analytics.leader_orders import Wanted, leader_orders
from groupbuy.campaigns.listing import Viewer, visible_rounds
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders import queries
from groupbuy.orders.carriage import carriage_of
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from groupbuy.orders.rules import OrderState
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.states import look
from groupbuy.web.leader.bags import lines_by_order
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.leader.round_cards import state_of
from groupbuy.web.order_facts import facts_of

PAGE_SIZE = 20
MOST_ROUNDS = 40
# A phone is shown in full to the order's leader until the goods have surely been fetched.
PHONE_SHOWN = timedelta(days=7)


@blueprint.get("/orders")
@for_leaders
def orders() -> ResponseReturnValue:
    """Show the orders that the filters leave, the latest first."""
    leader = the_leader()
    asked = {key: request.args.get(key, "").strip() for key in ("round", "q", "state", "paid")}
    wanted = Wanted(asked["round"], asked["q"], asked["state"], asked["paid"])
    pages = db.paginate(
        leader_orders([leader.id], wanted), page=page_number(), per_page=PAGE_SIZE, error_out=False
    )
    mine = visible_rounds(Viewer(leader_ids=[leader.id]), now=utc_now())
    rounds = db.session.scalars(mine.limit(MOST_ROUNDS)).all()
    return render_template(
        "leader/orders.html",
        pages=pages,
        lines=lines_by_order([order.id for order in pages.items]),
        facts=facts_of(pages.items),
        rounds=[(one.name, f"{one.title} {one.name}") for one in rounds],
        states=_states(),
        filtered=any(asked.values()),
    )


def _states() -> list[tuple[str, str]]:
    names = [(state.value, look("order", state.value).label) for state in OrderState]
    return [("to_hand_out", _("To hand out")), *names]


def my_order(number: str) -> Order:
    """Return an order of the leader; raise NotFound, also for another's."""
    return queries.get_order(number, leader_ids=[the_leader().id])


@blueprint.get("/orders/<number>")
@for_leaders
def orders_show(number: str) -> ResponseReturnValue:
    """Show an order."""
    order, now = my_order(number), utc_now()
    return render_template(
        "leader/order.html",
        order=order,
        lines=lines_of([order.id]),
        facts=facts_of([order])[order.id],
        lot_claims=lots.open_questions(order.id, now),
        carriage=carriage_of(order.id),
        shows_phone=shows_phone(order, now),
        can_change=can_change(order, now),
        can_cancel=can_cancel(order, now),
        is_unpaid=order.paid_fen < order.amount_fen and order.state != OrderState.CANCELLED,
    )


def shows_phone(order: Order, now: datetime) -> bool:
    """Tell whether the order's leader still sees the whole number: until a week after the pickup."""
    if order.picked_up_at is not None:
        return now < order.picked_up_at + PHONE_SHOWN
    return now.date() <= order.day + PHONE_SHOWN


def can_cancel(order: Order, now: datetime) -> bool:
    """Tell whether the order can still be cancelled: while its round sells."""
    alive = order.state in (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED)
    return alive and state_of(order.round, now) is RoundState.OPEN


def can_change(order: Order, now: datetime) -> bool:
    """Tell whether the order's lines can still be changed: while its round sells, unless paid in advance."""
    return can_cancel(order, now) and not (order.paid_fen and order.round.payment == "prepaid")


@blueprint.post("/orders/<number>/paid")
@for_leaders
def orders_mark_paid(number: str) -> ResponseReturnValue:
    """Note that an order is paid in full; again changes nothing."""
    in_transaction(lambda: ordering.mark_paid(order=my_order(number), now=utc_now(), actor=signed_in().actor))
    flash(_("Noted as paid."), "ok")
    return redirect(url_for("leader.orders_show", number=number), 303)


@blueprint.get("/orders/<number>/cancel")
@for_leaders
def orders_cancel(number: str) -> ResponseReturnValue:
    """Ask before cancelling, and say what it will do."""
    order = my_order(number)
    if not can_cancel(order, utc_now()):
        return redirect(url_for("leader.orders_show", number=number), 303)
    consequences = [
        _("%(name)s gets nothing of this order.", name=order.resident.name),
        _("All goods of this order go back on sale; somebody else may take them."),
    ]
    if order.paid_fen:
        consequences.append(_("What was paid has to be paid back."))
    return ask_first(
        "leader",
        _("Cancel this order?"),
        consequences,
        deed=_("Cancel the order"),
        back=url_for("leader.orders_show", number=number),
        action=url_for("leader.orders_cancel_post", number=number),
        danger=True,
    )


@blueprint.post("/orders/<number>/cancel")
@for_leaders
def orders_cancel_post(number: str) -> ResponseReturnValue:
    """Cancel the order."""
    in_transaction(
        lambda: ordering.cancel_order(
            order=my_order(number), reason="by_leader", now=utc_now(), actor=signed_in().actor
        )
    )
    flash(_("The order is cancelled."), "ok")
    return redirect(url_for("leader.orders_show", number=number), 303)
