"""Purchases below their supplier's minimum, while a round closes."""

from collections.abc import Collection, Mapping, Sequence

from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, Round
from groupbuy.purchasing import planning, sources
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import MinimumPolicy
from groupbuy.warehouse import stock


def plan(round_: Round, units: Mapping[int, int], *, lock: bool = False) -> Sequence[PlannedOrder]:
    """Return what would be bought for a demand by offer; with ``lock`` nobody else takes the stock."""
    return planning.plan_purchases(
        round_id=round_.id,
        units=units,
        free_stock=stock.free_stock(sources.products_of(round_.id), good_on=round_.pickup_date, lock=lock),
        policy=round_.surplus_policy,
        splits=sources.splits_of(round_, lock=lock),
    )


def too_small(round_: Round, *, without: Collection[Offer]) -> list[PlannedOrder]:
    """Return the purchases below a minimum if the round closed as it is, but ``without`` some offers.

    Nothing is reckoned where no supplier's minimum decides about orders.
    """
    if not planning.any_minimum_decides(round_.id):
        return []
    dropped = {offer.id for offer in without}
    units = {id_: count for id_, count in planning.live_demand(round_.id).items() if id_ not in dropped}
    return [order for order in plan(round_, units) if order.below_minimum]


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
