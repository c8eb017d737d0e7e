"""Importing orders that residents placed elsewhere: judged by their own moment, counted as paid."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from groupbuy.campaigns import selling
from groupbuy.campaigns.rules import RoundState, check_quantity
from groupbuy.campaigns.selling import SellingOffer, SellingRound, StockNow
from groupbuy.commissions.queries import plan_in_force
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.agreeing import Agreements
from groupbuy.flows.importing.kind import Counts, Kind
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.limits import Left, Wish, refusals
from groupbuy.flows.importing.market import Market, look_up
from groupbuy.flows.importing.order_file import (
    CAMPAIGN,
    NEVER,
    NONE,
    ORDER_REF,
    PLACED_AT,
    PRODUCT,
    QUANTITY,
    RESIDENT,
    OrderFile,
)
from groupbuy.flows.importing.repeats import settle_repeats
from groupbuy.flows.importing.sheet import Sheet
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders import storing
from groupbuy.orders.storing import NewLine, NewOrder
from groupbuy.payments import bulk as payments
from groupbuy.pickup.bulk import fresh_codes

SELLING = (RoundState.SCHEDULED, RoundState.OPEN)


@dataclass(slots=True)
class Priced:
    """The new lines of a file with their offers and prices, side by side; prices in fen per unit."""

    lines: "array[int]" = field(default_factory=lambda: array("q"))
    prices: "array[int]" = field(default_factory=lambda: array("q"))
    offers: list[SellingOffer] = field(default_factory=list)


def load(sheet: Sheet, now: datetime) -> Counts:
    """Check orders and store those that are new, all in one go with their stock."""
    file = OrderFile(sheet)
    file.read()
    market = look_up(file)
    known = settle_repeats(file, market)
    _check_heads(file, market, known)
    priced = _price(file, market, known)
    if sheet.faults:
        _take_stock(file, market, priced)
        return Counts()
    _store(file, market, priced, now)
    # The stock comes last, so that nobody who orders waits for the import.
    _take_stock(file, market, priced)
    return Counts(created=len(priced.lines), unchanged=len(file.rows) - len(priced.lines))


def _check_heads(file: OrderFile, market: Market, known: bytearray) -> None:
    for order, campaign in enumerate(file.campaign_of):
        round_ = None if known[order] else market.round_of(campaign)
        if round_ is not None:
            file.refuse_orders(_head_faults(file, market, order, round_))


def _head_faults(
    file: OrderFile, market: Market, order: int, round_: SellingRound
) -> Iterator[tuple[int, str, str, str]]:
    placed_at, buyer = file.placed_at[order], market.buyer(file.resident_of[order])
    if round_.state not in SELLING:
        yield order, CAMPAIGN, "round_closed", "Remove this order; its round has closed."
    elif placed_at is not NEVER and not round_.opens_at <= placed_at < round_.closes_at:
        yield order, PLACED_AT, "outside_window", "Write a moment from opens_at to before closes_at."
    if buyer is not None and not round_.takes_part(buyer.leader_id):
        advice = "Remove this order; the resident's leader takes no part in the round."
        yield order, RESIDENT, "unknown_reference", advice


def _price(file: OrderFile, market: Market, known: bytearray) -> Priced:
    """Find the offers and prices of new lines; refuse those that are not offered or break its rules."""
    priced = Priced()
    for line, order in enumerate(file.order):
        buyer = market.buyer(file.resident[line])
        if buyer is None or market.round_of(file.campaign[line]) is None or file.product[line] == NONE:
            continue
        if order != NONE and known[order]:
            continue
        found = market.offer(file.campaign[line], file.product[line], buyer)
        if found is None:
            advice = "Write the code of a product that this campaign offers to the resident's leader."
            file.refuse(line, PRODUCT, "unknown_reference", advice)
        elif _fits(file, line, found[0]) and file.sound[line]:
            priced.lines.append(line)
            priced.offers.append(found[0])
            priced.prices.append(found[1])
    return priced


def _fits(file: OrderFile, line: int, offer: SellingOffer) -> bool:
    """Tell whether a quantity keeps to the offer's minimum and multiple; refuse it if not."""
    quantity = file.quantity[line]
    if quantity == NONE or offer.min_order_qty == offer.multiple == 1:
        return True
    try:
        check_quantity(quantity, min_order_qty=offer.min_order_qty, multiple=offer.multiple)
    except RuleBroken as error:
        file.refuse(line, QUANTITY, "out_of_range", error.message)
        return False
    return True


def _store(file: OrderFile, market: Market, priced: Priced, now: datetime) -> None:
    amounts: dict[int, int] = {}
    for line, price in zip(priced.lines, priced.prices, strict=True):
        order = file.order[line]
        amounts[order] = amounts.get(order, 0) + price * file.quantity[line]
    refs = list(file.refs)
    orders = [_new_order(file, market, refs[order], order, amount) for order, amount in amounts.items()]
    places = {order: place for place, order in enumerate(amounts)}
    codes = fresh_codes([order.leader_id for order in orders])
    order_ids = storing.store(orders, _new_lines(file, market, priced, places), pickup_codes=codes)
    paid = [(id_, one.resident_id, one.amount_fen) for id_, one in zip(order_ids, orders, strict=True)]
    payments.book_paid_elsewhere(paid, now=now)


def _new_order(file: OrderFile, market: Market, ref: str, order: int, amount: int) -> NewOrder:
    round_, buyer = market.rounds[file.campaign_of[order]], market.buyers[file.resident_of[order]]
    return NewOrder(ref, round_.id, buyer.id, buyer.leader_id, file.placed_at[order], amount)


def _new_lines(
    file: OrderFile, market: Market, priced: Priced, places: Mapping[int, int]
) -> Iterator[NewLine]:
    agreements = Agreements(plan_in_force())
    for line, price, offer in zip(priced.lines, priced.prices, priced.offers, strict=True):
        agreed = agreements.agreed(offer, market.buyers[file.resident[line]])
        quantity = file.quantity[line]
        yield NewLine(
            places[file.order[line]],
            offer.id,
            offer.version_id,
            quantity,
            price,
            price * quantity,
            agreed.rate_bp,
            agreed.fixed_fen,
            agreed.rule_id,
        )


def _take_stock(file: OrderFile, market: Market, priced: Priced) -> None:
    """Take the units of all new lines, or refuse those that do not fit by (placed_at, row)."""
    units: Counter[int] = Counter()
    for line, offer in zip(priced.lines, priced.offers, strict=True):
        units[offer.id] += file.quantity[line]
    limits = {offer.id: offer.per_buyer_limit for offer in priced.offers if offer.per_buyer_limit is not None}
    stock = selling.lock_stock(units)
    former = selling.bought(limits)
    left = _left(stock, limits, former)
    refused = list(refusals(_wishes(file, market, priced, left), left))
    for refusal in refused:
        column = CAMPAIGN if refusal.code == "round_closed" else QUANTITY
        file.refuse(refusal.line, column, refusal.code, refusal.message)
    if not file.sheet.faults:
        selling.take_all(units)
        now = {(id_, resident): n for id_ in limits for resident, n in left[id_].taken.items()}
        selling.set_bought({key: n for key, n in now.items() if former.get(key) != n}, former)


def _left(
    stock: Mapping[int, StockNow], limits: Mapping[int, int], bought: Mapping[tuple[int, int], int]
) -> dict[int, Left]:
    """Return what is left of the offers that not everybody can have as much of as he likes."""
    left = {
        offer_id: Left(None if now.limit_units is None else now.limit_units - now.sold, now.sealed)
        for offer_id, now in stock.items()
        if now.limit_units is not None or now.sealed or offer_id in limits
    }
    for offer_id, limit in limits.items():
        left[offer_id].per_buyer = limit
    for (offer_id, resident_id), units in bought.items():
        left[offer_id].taken[resident_id] = units
    return left


def _wishes(file: OrderFile, market: Market, priced: Priced, left: Mapping[int, Left]) -> Iterator[Wish]:
    """Yield the new lines of such offers in the order of (placed_at, row)."""
    places = [place for place, offer in enumerate(priced.offers) if offer.id in left]
    places.sort(key=lambda place: file.placed_at[file.order[priced.lines[place]]])
    for place in places:
        line = priced.lines[place]
        buyer = market.buyers[file.resident[line]]
        yield Wish(line, priced.offers[place].id, buyer.id, file.quantity[line])


ORDERS = Kind(
    "orders",
    (
        Column(ORDER_REF, cells.reference, required=True),
        Column(CAMPAIGN, cells.reference, required=True),
        Column(RESIDENT, cells.reference, required=True),
        Column(PLACED_AT, cells.moment, required=True, zoned=True),
        Column(PRODUCT, cells.reference, required=True),
        Column(QUANTITY, cells.quantity, required=True),
    ),
    load,
)
