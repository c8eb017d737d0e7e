"""Handing out: a code is typed or scanned, the goods are shown, the bag is gone."""

import unicodedata
from collections.abc import Mapping, Sequence
from math import ceil

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.analytics.leader_desk import HANDING_OUT
from groupbuy.analytics.leader_orders import bag_of, open_bags
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import collecting
from groupbuy.flows.collecting import OPEN_STATES
from groupbuy.http.code_limits import trying_a_code
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.orders import queries
from groupbuy.orders.doors import door_of
from groupbuy.orders.models import Order
from groupbuy.orders.queries import LineView, lines_of
from groupbuy.pickup.models import Bag
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_hands
from groupbuy.web.leader.paging import page_number
from groupbuy.web.order_facts import facts_of
from groupbuy.web.resident.orders import Pages

PAGE_SIZE = 30


class CodeForm(PageForm):
    """The code of an order or a bag."""

    code = StringField(_l("Pickup code"), validators=[InputRequired(_l("Type the code.")), Length(max=40)])


class HandOutForm(PageForm):
    """Hand a bag out without its code, to somebody the leader knows."""


@blueprint.get("/pickup")
@for_hands
def pickup() -> ResponseReturnValue:
    """Show the code entry and the bags that wait."""
    return _page(CodeForm(formdata=None))


def _page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    bags = open_bags(signed_in().leader_ids, request.args.get("q", "").strip())
    pages = Pages(page_number(), ceil(len(bags) / PAGE_SIZE), len(bags))
    shown = bags[(pages.page - 1) * PAGE_SIZE : pages.page * PAGE_SIZE]
    lines = lines_by_order([order_id for bag in shown for order_id in bag.order_ids])
    goods = {bag.number: [line for i in bag.order_ids for line in lines.get(i, [])] for bag in shown}
    page = render_template("leader/pickup.html", form=form, bags=shown, goods=goods, pages=pages)
    return page, status


def lines_by_order(order_ids: Sequence[int]) -> Mapping[int, Sequence[LineView]]:
    """Return the lines by order, in one query: those to be delivered, and what was to be but is short."""
    found: dict[int, list[LineView]] = {}
    for line in lines_of(order_ids):
        if line.delivered or line.short:
            found.setdefault(line.order_id, []).append(line)
    return found


@blueprint.post("/pickup")
@for_hands
def pickup_verify() -> ResponseReturnValue:
    """Hand out what a code stands for and show its goods; what is wrong stands beside the code."""
    form = CodeForm()
    if not form.validate():
        return _page(form, 422)
    try:
        handed = _verify(_plain(form.code.data))
    except GroupbuyError as error:
        form.code.errors = [*form.code.errors, translate_sentence(error.message)]
        return _page(form, error.status)
    flash(_("Handed out to %(name)s.", name=handed[0].resident.name), "ok")
    return redirect(url_for("leader.pickup_bag", number=handed[0].number), 303)


def _plain(text: str) -> str:
    """Return the digits of a code as people type it: ``4821 3907``, full-width digits."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "")


def _verify(code: str) -> list[Order]:
    identity, now = signed_in(), utc_now()
    with trying_a_code(identity.account_id, now=now):
        return in_transaction(
            lambda: collecting.verify_pickup(
                code=code, leader_ids=identity.leader_ids, now=now, actor=identity.actor
            )
        )


@blueprint.get("/pickup/<number>")
@for_hands
def pickup_bag(number: str) -> ResponseReturnValue:
    """Show a bag: whose it is, what is in it, and whether it is gone."""
    order = queries.get_order(number, leader_ids=signed_in().leader_ids)
    orders = bag_of(order)
    lines = lines_by_order([one.id for one in orders])
    return render_template(
        "leader/bag.html",
        order=order,
        orders=orders,
        lines=lines,
        facts=facts_of(orders),
        door=door(*door_of(order)),
        can_hand_out=order.round.state in HANDING_OUT and any(one.state in OPEN_STATES for one in orders),
        form=HandOutForm(),
    )


@blueprint.post("/pickup/<number>")
@for_hands
def pickup_hand_out(number: str) -> ResponseReturnValue:
    """Hand a bag out without its code; again changes nothing and says so."""
    order = queries.get_order(number, leader_ids=signed_in().leader_ids)
    if not HandOutForm().validate():
        raise BadInput("form_expired", "This page has grown old; try once more.")
    bag = db.session.get(Bag, (order.round_id, order.leader_id, order.resident_id))
    _verify(order.pickup_code if bag is None else bag.code)
    flash(_("Handed out to %(name)s.", name=order.resident.name), "ok")
    return redirect(url_for("leader.pickup_bag", number=number), 303)
