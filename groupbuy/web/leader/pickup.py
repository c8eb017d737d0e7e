"""Handing out: a code is typed or scanned, the goods are shown, the bag is gone."""

from collections.abc import Mapping, Sequence
from math import ceil

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.analytics.leader_orders import OpenBag, open_bags
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import collecting
from groupbuy.http.code_limits import trying_a_code
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.width import half_width
from groupbuy.orders.carriage import carriages_of
from groupbuy.orders.models import OrderCarriage
from groupbuy.pickup import events
from groupbuy.pickup.unfetched import count_undecided
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.kit.paging import Pages
from groupbuy.web.leader.bags import CODE_SHOWN, left_by_order, lines_by_order, told
from groupbuy.web.leader.blueprint import blueprint, for_hands
from groupbuy.web.leader.paging import page_number

PAGE_SIZE = 30


class CodeForm(PageForm):
    """The code of an order or a bag."""

    code = StringField(_l("Pickup code"), validators=[InputRequired(_l("Type the code.")), Length(max=40)])


class KnownForm(PageForm):
    """Hand out without the code to who tells the last four digits and the name."""

    phone_tail = StringField(
        _l("Last four digits of the phone"),
        validators=[InputRequired(_l("Type four digits.")), Length(max=8)],
    )
    name = StringField(_l("Name"), validators=[InputRequired(_l("Type the name.")), Length(max=60)])
    reason = StringField(
        _l("Why without the code"), validators=[InputRequired(_l("Say why.")), Length(max=100)]
    )


@blueprint.get("/pickup")
@for_hands
def pickup() -> ResponseReturnValue:
    """Show the code entry and the bags that wait."""
    return _page(CodeForm(formdata=None))


def _page(form: CodeForm, status: int = 200, known: KnownForm | None = None) -> ResponseReturnValue:
    bags = open_bags(signed_in().leader_ids, request.args.get("q", "").strip())
    pages = Pages(page_number(), ceil(len(bags) / PAGE_SIZE), len(bags))
    shown = bags[(pages.page - 1) * PAGE_SIZE : pages.page * PAGE_SIZE]
    order_ids = [order_id for bag in shown for order_id in bag.order_ids]
    lines, ordered = left_by_order(order_ids), lines_by_order(order_ids)
    lost = {
        bag.number: [line for i in bag.order_ids for line in ordered.get(i, []) if line.lost.units]
        for bag in shown
    }
    goods = {bag.number: [line for i in bag.order_ids for line in lines.get(i, [])] for bag in shown}
    page = render_template(
        "leader/pickup.html",
        form=form,
        known=known or KnownForm(formdata=None),
        bags=shown,
        days=sorted({bag.day for bag in bags}),
        goods=goods,
        brought=_brought(shown),
        lost=lost,
        pages=pages,
        conflicts=events.count_conflicts(signed_in().leader_ids),
        undecided=count_undecided(signed_in().leader_ids, utc_now()),
    )
    return page, status


def _brought(bags: Sequence[OpenBag]) -> Mapping[str, Sequence[OrderCarriage]]:
    """Return by the number of a bag how those of its orders are brought that are not fetched."""
    found = carriages_of([order_id for bag in bags for order_id in bag.order_ids])
    return {bag.number: [found[i] for i in bag.order_ids if i in found] for bag in bags}


@blueprint.post("/pickup")
@for_hands
def pickup_verify() -> ResponseReturnValue:
    """Hand out what a code stands for and show its goods; what is wrong stands beside the code.

    With ``look`` nothing is handed out yet: the bag is shown, to hand out a part of it.
    """
    form = CodeForm()
    if not form.validate():
        return _page(form, 422)
    look = "look" in request.form
    try:
        number = _looked_up(_plain(form.code.data)) if look else _verified(_plain(form.code.data))
    except GroupbuyError as error:
        form.code.errors = [*form.code.errors, translate_sentence(error.message)]
        return _page(form, error.status)
    return redirect(url_for("leader.pickup_bag", number=number), 303)


def _plain(text: str) -> str:
    """Return the digits of a code as people type it: ``4821 3907``, full-width digits."""
    return "".join(half_width(text).split()).replace("-", "")


def _looked_up(code: str) -> str:
    identity = signed_in()
    with trying_a_code(identity.account_id, now=utc_now()):
        found = collecting.look_up(code=code, leader_ids=identity.leader_ids)
    # Who has shown the code need not say anything more when the bag is handed out.
    session[CODE_SHOWN] = sorted(order.number for order in found)
    return found[0].number


def _verified(code: str) -> str:
    identity, now = signed_in(), utc_now()
    with trying_a_code(identity.account_id, now=now):
        return told(
            in_transaction(
                lambda: collecting.verify_pickup(
                    code=code, leader_ids=identity.leader_ids, now=now, actor=identity.actor
                )
            )
        )


@blueprint.post("/pickup/by-name")
@for_hands
def pickup_by_name() -> ResponseReturnValue:
    """Hand out to somebody who tells the last four digits of the phone and the name."""
    form = KnownForm()
    if not form.validate():
        return _page(CodeForm(formdata=None), 422, form)
    identity, now = signed_in(), utc_now()
    try:
        with trying_a_code(identity.account_id, now=now):
            handed = in_transaction(
                lambda: collecting.hand_out_known(
                    phone_tail=_plain(form.phone_tail.data),
                    name=form.name.data,
                    reason=form.reason.data,
                    leader_ids=identity.leader_ids,
                    now=now,
                    actor=identity.actor,
                )
            )
    except GroupbuyError as error:
        field = form.reason if error.param == "reason" else form.phone_tail
        field.errors = [*field.errors, translate_sentence(error.message)]
        return _page(CodeForm(formdata=None), error.status, form)
    return redirect(url_for("leader.pickup_bag", number=told(handed)), 303)
