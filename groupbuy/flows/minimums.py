"""Purchases below their supplier's minimum, while a round closes."""

from collections.abc import Collection, Sequence

from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, Round
from groupbuy.purchasing import planning
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import MinimumPolicy
from groupbuy.warehouse import planned


def too_small(round_: Round, *, without: Collection[Offer]) -> list[PlannedOrder]:
    """Return the purchases below a minimum if the round closed as it is, but ``without`` some offers.

    The cases count that residents would fill (凑箱): they are bought as well. Nothing is reckoned where no
    supplier's minimum decides about orders.
    """
    if not planning.any_minimum_decides(round_.id):
        return []
    dropped = {offer.id for offer in without}
    units = {id_: count for id_, count in planning.live_demand(round_.id).items() if id_ not in dropped}
    orders = planned.plan(round_, planned.filled(round_, units))
    return [order for order in orders if order.below_minimum]


def any_extends(small: Sequence[PlannedOrder]) -> bool:
    """Tell whether a round is prolonged for one of these purchases."""
    return any(order.minimum_policy == MinimumPolicy.EXTEND for order in small)


def offers_to_cancel(small: Sequence[PlannedOrder]) -> list[Offer]:
    """Return the offers that cannot be bought, because their supplier's minimum cancels them.

    What lies whole in stock is delivered all the same.
    """
    cancelling = (order for order in small if order.minimum_policy == MinimumPolicy.CANCEL)
    ids = [
        line.offer_id
        for order in cancelling
        for line in order.lines
        if line.cases.from_stock < line.cases.ordered
    ]
    return list(campaigns.active_offers(ids)) if ids else []
