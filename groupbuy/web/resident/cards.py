"""Goods as the cards of the shop show them."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.campaigns.storefront import Goods
from groupbuy.web.kit.filters import grams
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.pictures import picture_address
from groupbuy.web.kit.states import zone_name
from groupbuy.web.resident.quantities import field_of

FEW = 10
TINTS = 8
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class Card:
    """What ``shop.product_card`` draws; prices in fen, quantities in sale units."""

    key: str
    code: str
    name: str
    category: str
    note: str
    picture: str
    tint: int
    tag: str
    price_fen: int
    list_fen: int | None
    sold: int
    limit: int | None
    needed: int
    facts: str
    quantity: int
    min: int
    max: int
    step: int
    sold_out: bool
    to_fill: int | None
    url: str


def card(goods: Goods, *, quantity: int = 0, held: int = 0, to_fill: int = 0, url: str = "") -> Card:
    """Return the card of goods with what the buyer has put into the cart.

    ``held`` units are in an order that is being changed; ``to_fill`` more fill the open case.
    """
    most = goods.most(held)
    return Card(
        key=field_of(goods.offer_id),
        code=goods.product_code,
        name=goods.name,
        category=goods.category or "",
        note=SEPARATOR.join(part for part in (goods.spec, goods.description) if part),
        picture=picture_address(goods.picture),
        tint=zlib.crc32(goods.product_code.encode()) % TINTS,
        tag=_tag(goods),
        price_fen=goods.price_fen,
        list_fen=goods.list_price_fen,
        sold=goods.sold,
        limit=goods.limit_units,
        needed=goods.needed,
        facts=SEPARATOR.join(_facts(goods)),
        quantity=min(quantity, most),
        min=goods.smallest,
        max=most,
        step=goods.multiple,
        sold_out=goods.left is not None and goods.left + held < goods.smallest,
        to_fill=to_fill if goods.by_the_case else None,
        url=url,
    )


def categories(cards: Sequence[Card]) -> list[str]:
    """Return the categories of cards in the order in which they first come."""
    return list(dict.fromkeys(one.category for one in cards if one.category))


def _tag(goods: Goods) -> str:
    if goods.left is not None and 0 < goods.left <= FEW:
        return _("Only %(left)s left", left=goods.left)
    return ""


def _facts(goods: Goods) -> list[str]:
    facts = [zone_name(goods.zone)] if goods.zone else []
    if goods.est_grams is not None:
        facts.append(_("about %(grams)s, settled by weight", grams=grams(goods.est_grams)))
    if goods.per_buyer_limit is not None:
        facts.append(_("at most %(limit)s per person", limit=goods.per_buyer_limit))
    if goods.smallest > 1:
        facts.append(_("from %(least)s", least=goods.smallest))
    if goods.multiple > 1:
        facts.append(_("in multiples of %(multiple)s", multiple=goods.multiple))
    return facts
