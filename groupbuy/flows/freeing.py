"""Goods that are paid back before anybody has them are free: for who else goes short, or for the stock."""

from collections.abc import Mapping

from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine
from groupbuy.aftersales.rules import Goods, Kind
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.rules import RoundState
from groupbuy.flows import crediting
from groupbuy.orders import substitutes
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.warehouse import supply
from groupbuy.warehouse.supply import Supply

# Goods that have left are on a shelf in a bag that bears their resident's name.
AT_THE_SELLER = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED)


def lock_round_of(case: AfterSaleCase) -> None:
    """Lock the round of a case that may free goods, so that neither the last of them come nor are shared out.

    Rounds are locked before their orders.
    """
    if case.kind == Kind.REFUND and case.order.round.state in AT_THE_SELLER:
        lifecycle.lock_round(case.order.round_id)


def freed_by(case: AfterSaleCase, order: Order) -> Mapping[int, int]:
    """Return by order line how many sale units nobody gets, though they may come, once a case is paid back.

    While goods still come it is all of them, and what comes too much goes into stock then. When no more
    come it is what is short of them and not shared out, and fewer go without. The rest is with its resident
    or the operator says what becomes of it, and what came in the place of other goods was in stock already.
    The order is locked, and its round as ``lock_round_of`` does.
    """
    at_the_seller = order.state == OrderState.CONFIRMED and order.round.state in AT_THE_SELLER
    if not at_the_seller or case.goods != Goods.KEPT:
        return {}
    gained = substitutes.gains_of(round_id=order.round_id, order_id=order.id)
    gains = {one.line_id: one.units for one in gained}
    offers = {line.line.offer_id for line in case.lines}
    supplies = {one.offer_id: one for one in supply.supplies_of(order.round_id, offers)}
    return {
        line.order_line_id: _freed(line, supplies.get(line.line.offer_id), gains.get(line.order_line_id, 0))
        for line in case.lines
    }


def _freed(line: AfterSaleLine, there: Supply | None, gained: int) -> int:
    """Return what is freed of a line; goods for nothing are paid back on the line that they replaced."""
    if there is None or crediting.paid_line(line.order_line_id).id != line.order_line_id:
        return 0
    wanted = min(line.units, max(line.line.quantity - gained, 0))
    return min(wanted, there.short) if there.final else wanted
