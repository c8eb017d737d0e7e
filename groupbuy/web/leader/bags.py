"""A bag: whose it is, what is in it, handing it out or a part of it, and taking that back."""

from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.aftersales.queries import held_back
from groupbuy.analytics.leader_desk import HANDING_OUT
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import collecting, undoing
from groupbuy.flows.collecting import Handed
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.kernel.width import half_width
from groupbuy.orders import queries
from groupbuy.orders.carriage import carriages_of
from groupbuy.orders.doors import door_of
from groupbuy.orders.models import Order
from groupbuy.orders.queries import LineView, lines_of
from groupbuy.orders.rules import parse_quantity
from groupbuy.pickup import queries as pickups
from groupbuy.pickup.parts import OPEN_STATES, LineLeft, Part
from groupbuy.pickup.rules import door
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_hands
from groupbuy.web.order_facts import facts_of

CODE_SHOWN = "code_shown"


class HandOutForm(PageForm):
    """Hand a bag out, all of it or a part; the reason is asked for unless its code has just been shown."""

    reason = StringField(_l("Why without the code"), validators=[Length(max=100)])


class UndoForm(PageForm):
    """Take back a hand-out that was a mistake."""

    reason = StringField(
        _l("What went wrong"), validators=[InputRequired(_l("Say why.")), Length(max=undoing.MAX_REASON)]
    )


def left_by_order(order_ids: Sequence[int]) -> Mapping[int, Sequence[LineLeft]]:
    """Return what is still to be handed out by order, in one query."""
    found: dict[int, list[LineLeft]] = {}
    for line in pickups.left_of(order_ids):
        found.setdefault(line.order_id, []).append(line)
    return found


def lines_by_order(order_ids: Sequence[int]) -> Mapping[int, Sequence[LineView]]:
    """Return the lines by order, in one query: those to be delivered, and what was to be but is lost."""
    found: dict[int, list[LineView]] = {}
    for line in lines_of(order_ids):
        if line.delivered or line.lost.units:
            found.setdefault(line.order_id, []).append(line)
    return found


def told(handed: Sequence[Handed]) -> str:
    """Say that a bag is handed out; return the number of its first order."""
    order = handed[0].order
    flash(_("Handed out to %(name)s.", name=order.resident.name), "ok")
    return order.number


@blueprint.get("/pickup/<number>")
@for_hands
def pickup_bag(number: str) -> ResponseReturnValue:
    """Show a bag: whose it is, what is in it, and whether it is gone."""
    return _bag_page(queries.get_order(number, leader_ids=signed_in().leader_ids), HandOutForm(formdata=None))


def _bag_page(
    order: Order, form: HandOutForm, status: int = 200, undo: UndoForm | None = None
) -> ResponseReturnValue:
    orders, now = pickups.orders_of_bag(order), utc_now()
    order_ids = [one.id for one in orders]
    page = render_template(
        "leader/bag.html",
        order=order,
        orders=orders,
        lines=lines_by_order(order_ids),
        facts=facts_of(orders),
        held=held_back(order_ids),
        carriages=carriages_of(order_ids),
        left=left_by_order(order_ids),
        field_of=_field_of,
        door=door(*door_of(order)),
        can_hand_out=order.round.state in HANDING_OUT and any(one.state in OPEN_STATES for one in orders),
        code_shown=_code_shown(order),
        form=form,
        undoable=[one for one in orders if undoing.can_undo(one, now=now, zone=zone())],
        undo=undo or UndoForm(formdata=None),
    )
    return page, status


def _code_shown(order: Order) -> bool:
    return order.number in session.get(CODE_SHOWN, ())


def _field_of(line: LineLeft) -> str:
    return f"units-{line.line_id}"


@blueprint.post("/pickup/<number>")
@for_hands
def pickup_hand_out(number: str) -> ResponseReturnValue:
    """Hand a bag out, or with ``part`` the chosen units of it; again changes nothing and says so."""
    identity, now = signed_in(), utc_now()
    order = queries.get_order(number, leader_ids=identity.leader_ids)
    form = HandOutForm()
    if not form.validate():
        return _bag_page(order, form, 422)
    try:
        parts = _chosen(order) if "part" in request.form else None
        handed = in_transaction(
            lambda: collecting.hand_out_bag(
                order=order,
                reason=None if _code_shown(order) else form.reason.data or "",
                now=now,
                actor=identity.actor,
                parts=parts,
            )
        )
    except GroupbuyError as error:
        form.reason.errors = [*form.reason.errors, translate_sentence(error.message)]
        return _bag_page(queries.get_order(number, leader_ids=identity.leader_ids), form, error.status)
    told(handed)
    return redirect(url_for("leader.pickup_bag", number=number), 303)


@blueprint.post("/pickup/<number>/undo")
@for_hands
def pickup_undo(number: str) -> ResponseReturnValue:
    """Take back that an order was handed out, with what of its bag went at the same moment."""
    identity, now = signed_in(), utc_now()
    form = UndoForm()
    order = queries.get_order(number, leader_ids=identity.leader_ids)
    if not form.validate():
        return _bag_page(order, HandOutForm(formdata=None), 422, form)
    try:
        in_transaction(
            lambda: undoing.undo(
                orders=undoing.handed_with(order) or [order],
                reason=form.reason.data,
                now=now,
                zone=zone(),
                actor=identity.actor,
            )
        )
    except GroupbuyError as error:
        form.reason.errors = [*form.reason.errors, translate_sentence(error.message)]
        order = queries.get_order(number, leader_ids=identity.leader_ids)
        return _bag_page(order, HandOutForm(formdata=None), error.status, form)
    # Who hands it out again shows the code anew, or says why not.
    session.pop(CODE_SHOWN, None)
    flash(_("Undone: the bag waits to be fetched again."), "ok")
    return redirect(url_for("leader.pickup_bag", number=number), 303)


def _chosen(order: Order) -> list[Part]:
    """Return the units typed for each line of a bag; an empty box or 0 is none of it."""
    lines = pickups.left_of([one.id for one in pickups.orders_of_bag(order)])
    # A minus sign stays: it is no whole number of units, and nothing is handed out by mistake.
    typed = [(line, half_width(request.form.get(_field_of(line), ""))) for line in lines]
    return [Part(line.order_no, line.product_code, _units(text)) for line, text in typed if text.strip("0")]


def _units(text: str) -> int:
    try:
        return parse_quantity(text)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Type whole numbers.", param="units") from error
