"""Orders: found by one box, looked at one by one."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, or_
from sqlalchemy.orm import joinedload

from groupbuy.analytics import searching
from groupbuy.analytics.sales_note import is_sale
from groupbuy.audit import service as audit
from groupbuy.audit.queries import entries_of
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery.queries import TO_DELIVER
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders import reviews
from groupbuy.orders.carriage import carriage_of
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order, lost_units, parts_of
from groupbuy.orders.rules import OrderState, phase
from groupbuy.orders.substitutes import replaced_of
from groupbuy.orders.tolerances import tolerances_of
from groupbuy.payments.paying_back import paid_back_of
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES
from groupbuy.web.admin.blueprint import actor, blueprint, my_leaders, within
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, chosen, in_state, show, within_days
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices
from groupbuy.web.order_facts import facts_of, payment_of
from groupbuy.web.sales_notes import KIND, note_file

STATES = ("awaiting_payment", "confirmed", "part_picked_up", "picked_up", "cancelled")


def order_page(row: Any) -> str:
    """Return the address of an order's page."""
    return url_for("admin.orders_detail", number=row.Order.number)


COLUMNS = (
    Column(_l("Number"), lambda row: row.Order.number, "code", order_page, width=18),
    Column(_l("Placed"), lambda row: row.Order.placed_at, "moment", sort="placed", width=17),
    Column(_l("Resident"), lambda row: row.Resident.name, "name"),
    Column(_l("Phone"), lambda row: mask_phone(row.Resident.phone), "code"),
    Column(_l("Room"), lambda row: row.Resident.room),
    Column(_l("Leader"), lambda row: row.Leader.name),
    Column(_l("Round"), lambda row: row.Round.title, link=lambda row: _round_page(row), width=24),
    Column(_l("Amount"), lambda row: row.Order.amount_fen, "money", sort="amount"),
    Column(_l("Payment"), lambda row: payment_of(row.Order, row.paid_back_fen), "state:payment"),
    Column(_l("Paid"), lambda row: row.Order.paid_fen + row.paid_back_fen, "money"),
    Column(_l("Paid back"), lambda row: row.paid_back_fen or None, "money"),
    Column(_l("State"), lambda row: row.Order.state, "state:order"),
)


def _round_page(row: Any) -> str:
    return url_for("admin.campaigns_round", name=row.Round.name)


@blueprint.get("/orders")
def orders() -> ResponseReturnValue:
    """List orders, the newest first."""
    states = dict(state_choices("order"))
    listing = Listing(
        "orders",
        _("Orders"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Number, phone tail, name, room or product")),
            Filter("state", _("State"), [(state, states[state]) for state in STATES], _("All states")),
            Filter(
                "paid",
                _("Payment"),
                [("yes", _("Paid")), ("no", _("Unpaid")), ("owed", _("To give back"))],
                _("Paid or not"),
            ),
            Filter("review", _("Review"), _reviews(), _("Reviewed or not")),
            Filter("from", _("Day of the order"), until="until"),
        ),
        sorts={"placed": Order.placed_at, "amount": Order.amount_fen},
        actions=((_("Details"), order_page),),
        personal=True,
    )
    return show(listing, empty_text=_("Orders appear here as soon as a round is open."))


def _reviews() -> list[tuple[str, str]]:
    return [(reviews.WAITING, _("To review")), (reviews.APPROVED, _("Approved"))]


def _statement() -> Select[*tuple[Any, ...]]:
    days = within_days(Order.placed_at, "from", "until")
    statement = (
        searching.orders()
        .add_columns(paid_back_of().label("paid_back_fen"))
        .where(*days, *within(Order.leader_id), *in_state(Order.state))
        .where(*chosen("round", Round.name), *chosen("leader", Leader.code))
        .where(*chosen("resident", Resident.code))
    )
    if text := asked("q"):
        statement = statement.where(searching.matching(text))
    if (review := asked("review")) in (reviews.WAITING, reviews.APPROVED):
        statement = statement.where(reviews.is_in(review))
    unpaid = or_(Order.paid_at.is_(None), Order.paid_fen < Order.amount_fen)
    if (paid := asked("paid")) in ("yes", "no"):
        statement = statement.where(~unpaid if paid == "yes" else unpaid)
    if paid == "owed":
        statement = statement.where(Order.paid_fen > Order.amount_fen)
    return statement


def my_order(number: str) -> Order:
    """Return an order of the leaders that whoever asks deals with; raise NotFound, also for another's."""
    return get_order(number, leader_ids=my_leaders())


@blueprint.get("/orders/<number>")
def orders_detail(number: str) -> ResponseReturnValue:
    """Show an order with the resident's name and phone; that an operator looked is logged."""
    my_order(number)
    note_view("order", number)
    order = my_order(number)
    history = entries_of("order", number)[::-1]
    facts = facts_of([order])[order.id]
    return render_template(
        "admin/order.html",
        order=order,
        resident=db.session.get_one(Resident, order.resident_id),
        leader=db.session.get_one(Leader, order.leader_id, options=[joinedload(Leader.community)]),
        round=order.round,
        facts=facts,
        lost=lost_units([order.id]),
        replaced=replaced_of([order.id]),
        tolerances=tolerances_of([order.id]),
        history=history,
        names=names_of(entry.actor for entry in history),
        payment=facts.payment,
        phase=phase(OrderState(order.state), RoundState(order.round.state)),
        review=reviews.state_of(order),
        parts_of=parts_of(order),
        carriage=carriage_of(order.id),
        is_sale=is_sale(order),
        **_what_may_be_done(order),
    )


def _what_may_be_done(order: Order) -> dict[str, bool]:
    round_ = order.round
    selling = round_.state in (RoundState.SCHEDULED, RoundState.OPEN) and round_.closes_at > utc_now()
    alive = order.state in (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED)
    return {
        "selling": selling,
        "changeable": alive and selling and not (order.paid_fen and round_.payment == "prepaid"),
        "cancellable": alive and selling,
        "splittable": order.state == OrderState.CONFIRMED and round_.state in TO_DELIVER,
        "with_courier": order.state in OPEN_STATES and round_.state not in NOT_READY,
        "payable": order.state != OrderState.CANCELLED and payment_of(order) == "unpaid",
    }


@blueprint.get("/orders/<number>/sales-note.<any(xlsx, pdf):suffix>")
def orders_sales_note(number: str, suffix: str) -> ResponseReturnValue:
    """Download the sales note of an order; that it was taken is logged."""
    answer = note_file(my_order(number), suffix)
    who = actor().name
    in_transaction(
        lambda: audit.record(
            at=utc_now(),
            actor=who,
            verb="document_taken",
            subject_kind="order",
            subject=number,
            after={"kind": KIND},
        )
    )
    return answer


def note_view(kind: str, subject: str) -> None:
    """Log that somebody of the staff looked at a person's data."""
    who = actor().name
    in_transaction(
        lambda: audit.record(
            at=utc_now(), actor=who, verb="person_viewed", subject_kind=kind, subject=subject
        )
    )
