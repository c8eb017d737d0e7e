"""Ordering for a resident: who, then what."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.storefront import Goods
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import MAX_REMARK, Wish
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.leaders.models import Leader
from groupbuy.members import queries as members
from groupbuy.members.models import Resident
from groupbuy.orders.fees import at_ordering
from groupbuy.orders.models import Order
from groupbuy.pickup.rules import door
from groupbuy.warehouse import planned
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.leader.residents import residents_like
from groupbuy.web.resident import quantities
from groupbuy.web.resident.cards import card

PAGE_SIZE = 20
MAX_KEY = 64


class OnBehalfForm(KeyedForm):
    """The rest of an order beside its quantities."""

    remark = StringField(_l("Remark"), validators=[Length(max=MAX_REMARK)])


@blueprint.get("/rounds/<name>/order")
@for_leaders
def on_behalf(name: str) -> ResponseReturnValue:
    """Ask for whom to order."""
    leader = the_leader()
    round_ = round_of(leader, name)
    pages = db.paginate(
        residents_like(leader, request.args.get("q", "")),
        page=page_number(),
        per_page=PAGE_SIZE,
        error_out=False,
    )
    return render_template("leader/on_behalf.html", round=round_, pages=pages, door=door)


@blueprint.get("/rounds/<name>/order/<code>")
@for_leaders
def on_behalf_goods(name: str, code: str) -> ResponseReturnValue:
    """Ask what to order."""
    leader = the_leader()
    return _page(round_of(leader, name), resident_of(leader, code), OnBehalfForm(), {})


def resident_of(leader: Leader, code: str) -> Resident:
    """Return an active resident of the leader; raise NotFound for any other."""
    found = members.get_resident(code, leader_ids=[leader.id])
    if not found.active:
        raise NotFound("unknown_resident", f"There is no resident {code}.")
    return found


def _shelf(round_: Round, resident: Resident) -> Sequence[Goods]:
    return storefront.goods_of_rounds(
        round_ids=[round_.id], leader_id=resident.leader_id, resident_id=resident.id
    )


def _page(
    round_: Round,
    resident: Resident,
    form: OnBehalfForm,
    wanted: Mapping[int, int],
    failure: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    lacking = planned.lacking(round_)
    cards = [
        card(one, quantity=wanted.get(one.offer_id, 0), to_fill=lacking.get(one.offer_id, 0))
        for one in _shelf(round_, resident)
    ]
    goods = sum(one.price_fen * one.quantity for one in cards)
    freight = sum(at_ordering(round_, goods).values()) if goods else 0
    page = render_template(
        "leader/on_behalf_goods.html",
        round=round_,
        resident=resident,
        door=door(resident.building, resident.room),
        form=form,
        failure=failure,
        cards=cards,
        total_fen=goods + freight,
        freight_fen=freight,
        pieces=sum(one.quantity for one in cards),
    )
    return page, status


@blueprint.post("/rounds/<name>/order/<code>")
@for_leaders
def on_behalf_place(name: str, code: str) -> ResponseReturnValue:
    """Place the order; without JavaScript − and + only show the new quantities."""
    leader = the_leader()
    round_, resident, form = round_of(leader, name), resident_of(leader, code), OnBehalfForm()
    shelf = _shelf(round_, resident)
    wanted = quantities.from_form(request.form, shelf)
    if "go" not in request.form:
        return _page(round_, resident, form, wanted)
    if not form.validate():
        return _page(round_, resident, form, wanted, status=422)
    codes = {goods.offer_id: goods.product_code for goods in shelf}
    wishes = [Wish(codes[offer_id], quantity) for offer_id, quantity in wanted.items() if quantity]
    if not wishes:
        return _page(round_, resident, form, wanted, _("Choose at least one product."), 422)
    try:
        key = f"behalf:{leader.id}:{(form.submission_key.data or '')[:MAX_KEY]}"
        order = place_for(leader, name, code, wishes, remark=form.remark.data, key=key)
    except GroupbuyError as error:
        db.session.expire_all()
        return _page(round_, resident, form, wanted, translate_sentence(error.message), error.status)
    flash(_("Ordered for %(name)s.", name=resident.name), "ok")
    return redirect(url_for("leader.orders_show", number=order.number), 303)


def place_for(
    leader: Leader, round_name: str, code: str, wishes: Sequence[Wish], *, remark: str | None, key: str
) -> Order:
    """Place an order for a resident in a transaction of its own; the same key again returns the first.

    Raise as ``place_order`` does, and NotFound for whom another leader serves in this round.
    """
    settings: Settings = current_app.extensions["groupbuy_settings"]
    leader_id = leader.id

    def work() -> Order:
        mine = db.session.get_one(Leader, leader_id)
        round_, resident = round_of(mine, round_name), resident_of(mine, code)
        if resident.leader_in(round_.opens_at).id != leader_id:
            raise NotFound("unknown_resident", "This resident joins you with the next round.")
        return ordering.place_order(
            round_=round_,
            resident=resident,
            wishes=wishes,
            now=utc_now(),
            actor=signed_in().actor,
            pay_within=timedelta(minutes=settings.order_timeout_minutes),
            remark=remark,
            submission_key=key,
        )

    return in_transaction(work)
