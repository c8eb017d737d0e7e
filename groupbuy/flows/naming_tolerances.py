"""Residents say how many units more they take if that fills a case (凑箱), until the cut-off."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import stock, storefront
from groupbuy.campaigns.storefront import Goods
from groupbuy.flows.order_log import log_order
from groupbuy.flows.ordering import check_round
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders import queries as orders
from groupbuy.orders import tolerances
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

# So many units more of a line is the most that anybody may name.
MOST = 999


def allow(*, order: Order, units: Mapping[str, int], now: datetime, actor: Actor) -> None:
    """Say by product code how many sale units more an order takes if that fills a case, until the cut-off.

    0 takes it back. Raise BadInput with param ``tolerances[CODE]``: ``unknown_product``, ``out_of_range``;
    RuleBroken ``not_by_the_case``, ``not_a_multiple``, ``limit_reached``, and without one
    ``order_cancelled``, ``round_closed``, ``is_replacement``.
    """
    orders.lock_order(order)
    check_round(order.round, now)
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    aftersales.check_is_paid_for(order.id)
    lines, goods = {line.offer_id: line for line in order.lines}, _goods(order)
    for code in units:
        if code not in goods:
            raise BadInput("unknown_product", f"The order has no {code}.", param=f"tolerances[{code}]")
    for code in sorted(units, key=lambda one: goods[one].offer_id):
        offer_id = goods[code].offer_id
        _check(goods[code], lines[offer_id], units[code])
        # The close reads what was named once every offer is sealed: so nothing is named unheard.
        stock.check_open(offer_id)
        tolerances.allow(line_id=lines[offer_id].id, units=units[code], now=now)
    log_order(order, "tolerances_named", now, actor.name, after={"tolerances": dict(units)})


def _check(goods: Goods, line: OrderLine, units: int) -> None:
    param = f"tolerances[{goods.product_code}]"
    if not 0 <= units <= MOST:
        raise BadInput("out_of_range", f"Between 0 and {MOST} more.", param=param)
    if units and not goods.by_the_case:
        raise RuleBroken("not_by_the_case", "There is no case of it to fill.", param=param)
    if units % goods.multiple:
        raise RuleBroken("not_a_multiple", f"Order in multiples of {goods.multiple}.", param=param)
    limit = goods.per_buyer_limit
    if units and limit is not None and line.quantity + units > limit:
        raise RuleBroken("limit_reached", f"At most {limit} per person.", param=param)


def named_by(order: Order) -> dict[str, tolerances.Tolerance]:
    """Return by product code what was named for an order, and what of it the close gave."""
    named = tolerances.tolerances_of([order.id])
    codes = {one.offer_id: code for code, one in _goods(order).items()}
    return {codes[line.offer_id]: named[line.id] for line in order.lines if line.id in named}


def cases_of(order: Order) -> Sequence[tuple[OrderLine, Goods]]:
    """Return the lines of an order whose cases can be filled, with their goods."""
    found = {goods.offer_id: goods for goods in _goods(order).values() if goods.by_the_case}
    return [(line, found[line.offer_id]) for line in order.lines if line.offer_id in found]


def _goods(order: Order) -> dict[str, Goods]:
    offers = [line.offer_id for line in order.lines]
    goods = storefront.goods_by_id(offer_ids=offers, leader_id=order.leader_id)
    return {one.product_code: one for one in goods}
