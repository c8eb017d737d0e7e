"""Residents say what comes in the place of what may be short, until the cut-off."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns import storefront
from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.flows.ordering import check_round
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders import queries as orders
from groupbuy.orders import substitutes
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

# What a resident may say instead of naming a product.
REFUND, ANY = "refund", "any"


class Candidate(NamedTuple):
    """A product that may be named: its code, name and fen per sale unit."""

    code: str
    name: str
    price_fen: int


def choose(*, order: Order, choices: Mapping[str, str], now: datetime, actor: Actor) -> None:
    """Say what comes in the place of an order's goods if they are short, by product code, until the cut-off.

    A choice is another product's code, ``refund`` for the money and nothing else, or ``any`` to leave it to
    the operator. Raise BadInput with param ``substitutes[CODE]``: ``unknown_product``, ``same_product``;
    RuleBroken ``substitute_dearer``, ``order_cancelled``, ``round_closed``.
    """
    orders.lock_order(order)
    check_round(order.round, now)
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    codes = substitutes.offer_codes([line.offer_id for line in order.lines])
    lines = {codes[line.offer_id]: line for line in order.lines}
    offered = {
        offer.product_code: offer
        for offer in campaigns.offers_for_leader(round_id=order.round_id, leader_id=order.leader_id)
    }
    for code, choice in choices.items():
        if code not in lines:
            raise BadInput("unknown_product", f"The order has no {code}.", param=f"substitutes[{code}]")
        _name(lines[code], code, choice, offered, now)
    _log(order, choices, now, actor)


def _name(
    line: OrderLine, code: str, choice: str, offered: Mapping[str, OfferForLeader], now: datetime
) -> None:
    param = f"substitutes[{code}]"
    if choice == ANY:
        substitutes.forget_substitute(line.id)
    elif choice == REFUND:
        substitutes.name_substitute(line_id=line.id, offer_id=None, now=now)
    elif choice == code:
        raise BadInput("same_product", "Choose another product.", param=param)
    elif choice not in offered:
        raise BadInput("unknown_product", f"{choice} is not offered in this round.", param=param)
    elif offered[choice].price_fen > line.price_fen:
        raise RuleBroken("substitute_dearer", "A substitute is at most as dear.", param=param)
    else:
        substitutes.name_substitute(line_id=line.id, offer_id=offered[choice].offer_id, now=now)


def choices_of(order: Order) -> dict[str, str]:
    """Return what was chosen for each line of an order, by product code."""
    named = substitutes.named_for([line.id for line in order.lines])
    chosen = {offer_id for offer_id in named.values() if offer_id is not None}
    codes = substitutes.offer_codes([*(line.offer_id for line in order.lines), *chosen])
    found = {}
    for line in order.lines:
        offer_id = named.get(line.id)
        said = REFUND if offer_id is None else codes[offer_id]
        found[codes[line.offer_id]] = said if line.id in named else ANY
    return found


def candidates(order: Order) -> dict[str, list[Candidate]]:
    """Return by product code what may be named in the place of an order's goods: at most as dear."""
    codes = substitutes.offer_codes([line.offer_id for line in order.lines])
    goods = storefront.goods_of_rounds(round_ids=[order.round_id], leader_id=order.leader_id)
    return {
        codes[line.offer_id]: [
            Candidate(one.product_code, one.name, one.price_fen)
            for one in goods
            if one.offer_id != line.offer_id and one.price_fen <= line.price_fen
        ]
        for line in order.lines
    }


def _log(order: Order, choices: Mapping[str, str], now: datetime, actor: Actor) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb="substitutes_named",
        subject_kind="order",
        subject=order.number,
        after={"substitutes": dict(choices)},
    )
