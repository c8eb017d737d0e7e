"""Stock and the buyer's share of it, held for an order's lines and let go again."""

from collections.abc import Iterable

from groupbuy.campaigns import stock
from groupbuy.flows.pricing import PricedLine, at_line


def hold(lines: Iterable[PricedLine], resident_id: int) -> None:
    """Take every line's units in the order of the offers' keys, so that no two orders wait for each other.

    Raise RuleBroken ``sold_out``, ``limit_reached`` or ``round_closed`` with the line's place.
    """
    for item in sorted(lines, key=lambda item: item.offer.offer_id):
        take(item, resident_id, item.line.quantity)


def take(item: PricedLine, resident_id: int, units: int) -> None:
    """Take sale units of a line's offer, or give them back where ``units`` is below zero."""
    offer = item.offer
    with at_line(item.index):
        stock.take(offer_id=offer.offer_id, units=units)
        if offer.per_buyer_limit is not None and units > 0:
            stock.take_share(
                offer_id=offer.offer_id, resident_id=resident_id, units=units, limit=offer.per_buyer_limit
            )
    if units < 0:
        stock.give_share_back(offer_id=offer.offer_id, resident_id=resident_id, units=-units)


def release(offer_id: int, resident_id: int, units: int) -> None:
    """Give a whole line's units back while its round sells."""
    stock.take(offer_id=offer_id, units=-units)
    stock.give_share_back(offer_id=offer_id, resident_id=resident_id, units=units)
