"""A round as a leader's residents see it, with the goods to put into the cart."""

from collections.abc import Sequence

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.campaigns import queries, storefront
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState, effective_state
from groupbuy.campaigns.storefront import Goods
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.orders import carts
from groupbuy.orders.queries import buyers_of
from groupbuy.pickup.capacity import is_full
from groupbuy.warehouse import planned
from groupbuy.web.resident import quantities
from groupbuy.web.resident.blueprint import blueprint
from groupbuy.web.resident.buyer import Buyer, the_buyer
from groupbuy.web.resident.cards import Card, card, categories
from groupbuy.web.signin import visit

LIVE_SECONDS = 5


def shown_round(name: str) -> Round:
    """Return a round that residents may see; raise NotFound for one in preparation."""
    round_ = queries.get_round(name)
    if round_.state == RoundState.DRAFT:
        raise NotFound("unknown_round", f"There is no round {name}.")
    return round_


def leader_of(buyer: Buyer, round_: Round) -> Leader:
    """Return the leader whose shelf the buyer sees; raise NotFound for a round without that leader."""
    leader = buyer.leader_in(round_)
    if leader is None or not queries.takes_part(round_, leader.id):
        raise NotFound("unknown_round", f"There is no round {round_.name}.")
    return leader


@blueprint.get("/r/<name>")
def round_page(name: str) -> ResponseReturnValue:
    """Show a round; who comes without a leader's link chooses a leader first."""
    buyer, round_ = the_buyer(), shown_round(name)
    if buyer.leader is None:
        return redirect(url_for("resident.home", next=visit.own_path(request.full_path)), 303)
    leader = leader_of(buyer, round_)
    shelf = _shelf(round_, leader, buyer)
    cart = carts.cart_of(buyer.cart_owner) if buyer.cart_owner else {}
    return _render(round_, leader, buyer, shelf, cart)


def _shelf(round_: Round, leader: Leader, buyer: Buyer) -> Sequence[Goods]:
    return storefront.goods_of_rounds(
        round_ids=[round_.id], leader_id=leader.id, resident_id=buyer.resident_id
    )


def _render(round_: Round, leader: Leader, buyer: Buyer, shelf: Sequence[Goods], cart: dict[int, int]) -> str:
    lacking = planned.lacking(round_)
    cards = [
        card(
            goods,
            quantity=cart.get(goods.offer_id, 0),
            to_fill=lacking.get(goods.offer_id, 0),
            url=_goods_address(round_, leader, buyer, goods),
        )
        for goods in shelf
    ]
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, utc_now())
    return render_template(
        "resident/round.html",
        round=round_,
        leader=leader,
        buyer=buyer,
        cards=sorted(cards, key=lambda one: one.sold_out),
        categories=categories(cards),
        chosen=request.args.get("c", ""),
        state=state,
        is_open=state is RoundState.OPEN,
        full=is_full(leader=leader, resident_id=buyer.resident_id, day=round_.pickup_date),
        buyers=buyers_of(round_id=round_.id, leader_id=leader.id),
        total_fen=sum(one.price_fen * one.quantity for one in cards),
        pieces=sum(one.quantity for one in cards),
        share_picture=_share_picture(cards),
    )


def _goods_address(round_: Round, leader: Leader, buyer: Buyer, goods: Goods) -> str:
    code = None if buyer.resident is not None else leader.code
    return url_for("resident.goods_page", name=round_.name, offer_id=goods.offer_id, l=code)


@blueprint.get("/r/<name>/goods/<int:offer_id>")
def goods_page(name: str, offer_id: int) -> ResponseReturnValue:
    """Show all about one product of a round."""
    buyer, round_ = the_buyer(), shown_round(name)
    if buyer.leader is None:
        return redirect(url_for("resident.home", next=visit.own_path(request.full_path)), 303)
    leader = leader_of(buyer, round_)
    goods = next((one for one in _shelf(round_, leader, buyer) if one.offer_id == offer_id), None)
    if goods is None:
        raise NotFound("unknown_offer", "There is no such offer in this round.")
    cart = carts.cart_of(buyer.cart_owner) if buyer.cart_owner else {}
    shown = card(goods, quantity=cart.get(offer_id, 0), to_fill=planned.lacking(round_).get(offer_id, 0))
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, utc_now())
    return render_template(
        "resident/goods.html",
        round=round_,
        leader=leader,
        goods=goods,
        one=shown,
        is_open=state is RoundState.OPEN,
        total_fen=shown.price_fen * shown.quantity,
    )


def _share_picture(cards: Sequence[Card]) -> str:
    return next((one.picture for one in cards if one.picture), "")


@blueprint.post("/r/<name>")
def fill_cart(name: str) -> ResponseReturnValue:
    """Keep what was chosen in the cart; with ``go`` on to the cart, else back to the same place."""
    buyer, round_ = the_buyer(), shown_round(name)
    leader = leader_of(buyer, round_)
    wanted = quantities.from_form(request.form, _shelf(round_, leader, buyer))
    owner = buyer.cart_owner or f"guest:{visit.visit_secret()}"
    in_transaction(lambda: carts.put(owner=owner, quantities=wanted, now=utc_now()))
    if "go" in request.form:
        return redirect(url_for("resident.cart"), 303)
    if "quiet" in request.form:
        return "", 204
    if (shown := request.form.get("goods", type=int)) is not None:
        return redirect(url_for("resident.goods_page", name=name, offer_id=shown), 303)
    pressed = request.form.get("step", "").partition(":")[0]
    return redirect(url_for("resident.round_page", name=name, _anchor=pressed or None), 303)


@blueprint.get("/r/<name>/live")
def live(name: str) -> Response:
    """Return of each offer what is sold, what may be ordered and what fills its case, for open pages.

    It is read by many, so kept for a moment.
    """
    buyer, round_ = the_buyer(), shown_round(name)
    leader = leader_of(buyer, round_)
    now = utc_now()
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, now)
    goods = storefront.goods_of_rounds(round_ids=[round_.id], leader_id=leader.id)
    lacking = planned.lacking(round_)
    answer = jsonify(
        open=state is RoundState.OPEN,
        goods={
            quantities.field_of(one.offer_id): [one.sold, one.most(), lacking.get(one.offer_id, 0)]
            for one in goods
        },
    )
    answer.headers["Cache-Control"] = f"private, max-age={LIVE_SECONDS}"
    return answer
