"""Changing the lines of an order, for the resident and for the leader on behalf."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from groupbuy.campaigns import storefront
from groupbuy.campaigns.storefront import Goods
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import Wish
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.fees import at_ordering
from groupbuy.orders.models import Order
from groupbuy.warehouse import planned
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident import quantities
from groupbuy.web.resident.cards import Card, card

# Shows the order's form again: the order, quantities by offer id, what is wrong, and the status.
Page = Callable[[Order, Mapping[int, int], str, int], ResponseReturnValue]


def held_by(order: Order) -> dict[int, int]:
    """Return the sale units of an order by offer id."""
    return {line.offer_id: line.quantity for line in order.lines}


def figures(order: Order, wanted: Mapping[int, int]) -> dict[str, Any]:
    """Return what a page shows of the quantities: cards, ``total_fen``, ``freight_fen`` and ``pieces``."""
    cards = _cards(order, wanted)
    goods = sum(one.price_fen * one.quantity for one in cards)
    freight = sum(at_ordering(order.round, goods).values())
    return {
        "cards": cards,
        "total_fen": goods + freight,
        "freight_fen": freight,
        "pieces": sum(one.quantity for one in cards),
    }


def change_lines(
    *, find: Callable[[], Order], form: PageForm, remark: Callable[[], str], page: Page
) -> ResponseReturnValue | None:
    """Change the order that ``find`` reads as the posted form says; None when it is done.

    Else return the page that says why not. Without JavaScript − and + only show the new quantities.
    """
    order = find()
    shelf = _shelf(order)
    wanted = quantities.from_form(request.form, shelf)
    if "go" not in request.form:
        return page(order, wanted, "", 200)
    if not form.validate():
        return page(order, wanted, "", 422)
    if not any(wanted.values()):
        return page(order, wanted, _("To take everything out, cancel the order."), 422)
    try:
        _store(find, _wishes(wanted, shelf), remark())
    except GroupbuyError as error:
        db.session.expire_all()
        return page(find(), wanted, translate_sentence(error.message), error.status)
    return None


def _store(find: Callable[[], Order], wishes: list[Wish], remark: str) -> None:
    actor = signed_in().actor
    in_transaction(
        lambda: ordering.change_order(order=find(), wishes=wishes, now=utc_now(), actor=actor, remark=remark)
    )


def _shelf(order: Order) -> Sequence[Goods]:
    """Return the goods of the order's round, those of the order itself first."""
    held = held_by(order)
    shelf = storefront.goods_of_rounds(
        round_ids=[order.round_id], leader_id=order.leader_id, resident_id=order.resident_id
    )
    return sorted(shelf, key=lambda goods: goods.offer_id not in held)


def _cards(order: Order, wanted: Mapping[int, int]) -> list[Card]:
    """Return the cards of an order's goods with the quantities wanted, by offer id."""
    held, lacking = held_by(order), planned.lacking(order.round)
    return [
        card(
            goods,
            quantity=wanted.get(goods.offer_id, 0),
            held=held.get(goods.offer_id, 0),
            to_fill=lacking.get(goods.offer_id, 0),
        )
        for goods in _shelf(order)
    ]


def _wishes(wanted: Mapping[int, int], shelf: Sequence[Goods]) -> list[Wish]:
    """Return the whole new list of lines from quantities by offer id; what is not wanted is left out."""
    codes = {goods.offer_id: goods.product_code for goods in shelf}
    return [Wish(codes[offer_id], quantity) for offer_id, quantity in wanted.items() if quantity]
