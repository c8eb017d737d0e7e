"""The goods of an order that is being changed, with what it holds of them."""

from collections.abc import Mapping, Sequence

from groupbuy.campaigns import storefront
from groupbuy.campaigns.storefront import Goods
from groupbuy.flows.ordering import Wish
from groupbuy.orders.models import Order
from groupbuy.web.resident.cards import Card, card


def held_by(order: Order) -> dict[int, int]:
    """Return the sale units of an order by offer id."""
    return {line.offer_id: line.quantity for line in order.lines}


def shelf_of(order: Order) -> Sequence[Goods]:
    """Return the goods of the order's round, those of the order itself first."""
    held = held_by(order)
    shelf = storefront.goods_of_rounds(
        round_ids=[order.round_id], leader_id=order.leader_id, resident_id=order.resident_id
    )
    return sorted(shelf, key=lambda goods: goods.offer_id not in held)


def cards_of(order: Order, wanted: Mapping[int, int]) -> list[Card]:
    """Return the cards of an order's goods with the quantities wanted, by offer id."""
    held = held_by(order)
    return [
        card(goods, quantity=wanted.get(goods.offer_id, 0), held=held.get(goods.offer_id, 0))
        for goods in shelf_of(order)
    ]


def wishes_of(wanted: Mapping[int, int], shelf: Sequence[Goods]) -> list[Wish]:
    """Return the whole new list of lines from quantities by offer id; what is not wanted is left out."""
    codes = {goods.offer_id: goods.product_code for goods in shelf}
    return [Wish(codes[offer_id], quantity) for offer_id, quantity in wanted.items() if quantity]
