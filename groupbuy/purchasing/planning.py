"""What to buy for a round: demand per offer, rounded to whole cases, grouped by supplier. Writes nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import OrderLine
from groupbuy.purchasing.models import Demand
from groupbuy.purchasing.rules import CaseRounding, MinimumPolicy, below_minimum, top_up, with_cases
from groupbuy.purchasing.sources import Seller, Split
from groupbuy.purchasing.splitting import Source, SplitBy, split_to_cases


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One product to buy, in sale units; ``cost_fen`` is per sale unit."""

    offer_id: int
    product_id: int
    product_code: str
    cost_fen: int
    keeps: bool
    cases: CaseRounding

    @property
    def amount_fen(self) -> int:
        """Return what the purchased cases cost."""
        return self.cases.purchased * self.cost_fen


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """What one supplier is to deliver; lines by product code."""

    supplier_id: int
    supplier_code: str
    min_order_fen: int
    minimum_policy: str
    lines: tuple[PlannedLine, ...]

    @property
    def units(self) -> int:
        """Return the sale units purchased."""
        return sum(line.cases.purchased for line in self.lines)

    @property
    def cost_fen(self) -> int:
        """Return what the purchased cases cost."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def below_minimum(self) -> bool:
        """Tell whether the supplier's minimum is missed after rounding to cases."""
        return self.units > 0 and below_minimum(self.cost_fen, self.min_order_fen)


def stored_demand(round_id: int) -> dict[int, int]:
    """Return sale units per offer as the close has stored them."""
    units = select(Demand.offer_id, total(Demand.units)).where(Demand.round_id == round_id)
    return by_key(units.group_by(Demand.offer_id))


def offers_ordered(round_id: int, leader_id: int) -> Select[*tuple[Any, ...]]:
    """Select the ids of the offers that a leader's residents ordered in a closed round."""
    return select(Demand.offer_id).where(Demand.round_id == round_id, Demand.leader_id == leader_id)


def live_demand(round_id: int) -> dict[int, int]:
    """Return sale units per offer as they would be if the round closed now."""
    lines = live_lines(round_id).add_columns(OrderLine.offer_id, total(OrderLine.quantity))
    return by_key(lines.group_by(OrderLine.offer_id))


def any_minimum_decides(round_id: int) -> bool:
    """Tell whether a supplier of a round cancels or extends below its minimum, so that it matters early."""
    deciding = (MinimumPolicy.CANCEL, MinimumPolicy.EXTEND)
    found = (
        select(Offer.id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .where(Offer.round_id == round_id, Supplier.minimum_policy.in_(deciding), Supplier.min_order_fen > 0)
    )
    return db.session.scalar(found.limit(1)) is not None


def plan_purchases(
    *,
    round_id: int,
    units: Mapping[int, int],
    free_stock: Mapping[int, int],
    policy: str,
    splits: Mapping[int, Split] | None = None,
) -> Sequence[PlannedOrder]:
    """Return the purchase orders for a demand, by supplier code.

    ``units`` is by offer, ``free_stock`` and ``splits`` by product; a product in several offers is not to
    be used twice. What is split goes to nobody whose minimum it would miss while another delivers it.
    """
    return _plan(_wanted(round_id, units), free_stock, policy, splits or {})[0]


def to_fill(
    *,
    round_id: int,
    units: Mapping[int, int],
    only: Collection[int],
    free_stock: Mapping[int, int],
    policy: str,
    splits: Mapping[int, Split] | None = None,
) -> Mapping[int, int | None]:
    """Return by offer whose last case is left open how many units more fill it.

    It is None where no number up to a case does. Looked at are ``only`` some offers, before a supplier's
    minimum tops anything up; the rest is as in ``plan_purchases``.
    """
    wanted, splits = _wanted(round_id, units), splits or {}
    without = _plan(wanted, free_stock, policy, splits)[1]
    needs = (need for need in wanted if need.offer_id in only)
    found = {need.offer_id: _missing(need, free_stock, policy, splits, without) for need in needs}
    return {offer_id: more for offer_id, more in found.items() if more != 0}


def _wanted(round_id: int, units: Mapping[int, int]) -> list["_Need"]:
    rows = db.session.execute(_offers(round_id))
    return [_Need(units[row[4]], *row) for row in rows if units.get(row[4])]


def _plan(
    wanted: Collection["_Need"], free_stock: Mapping[int, int], policy: str, splits: Mapping[int, Split]
) -> tuple[list[PlannedOrder], Collection[int]]:
    """Return the purchase orders, and which further suppliers get nothing."""
    without = set[int]()
    while True:
        plan = list(_by_supplier(wanted, free_stock, policy, splits, without))
        missing = (order for order in plan if order.below_minimum)
        small = [order for order in missing if _replaceable(order, wanted, splits, without)]
        if not small:
            return plan, without
        without.add(min(small, key=lambda order: (order.cost_fen, order.supplier_code)).supplier_id)


def _offers(round_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Supplier.id,
            Supplier.code,
            Supplier.min_order_fen,
            Supplier.minimum_policy,
            Offer.id,
            Product.id,
            Product.code,
            OfferVersion.cost_fen,
            OfferVersion.case_size,
            Product.keeps,
        )
        .select_from(Offer)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .where(Offer.round_id == round_id)
        .order_by(Supplier.code, Product.code)
    )


@dataclass(frozen=True, slots=True)
class _Need:
    """What is wanted of an offer, and how its product's own supplier delivers it."""

    units: int
    supplier_id: int
    supplier_code: str
    min_order_fen: int
    minimum_policy: str
    offer_id: int
    product_id: int
    product_code: str
    cost_fen: int
    case_size: int
    keeps: bool

    @property
    def seller(self) -> Seller:
        return Seller(self.supplier_id, self.supplier_code, self.min_order_fen, self.minimum_policy)

    def sources(
        self, splits: Mapping[int, Split], without: Collection[int]
    ) -> tuple[str, list[tuple[Seller, Source]]]:
        """Return by what it is split over whom; most often it is one."""
        split = splits.get(self.product_id)
        if split is None:
            return SplitBy.SHARE, [(self.seller, Source(self.cost_fen, self.case_size))]
        return split.by, split.among(self.seller, self.cost_fen, self.case_size, without)


def _by_supplier(
    wanted: Iterable[_Need],
    free_stock: Mapping[int, int],
    policy: str,
    splits: Mapping[int, Split],
    without: Collection[int],
) -> Iterator[PlannedOrder]:
    lines: dict[Seller, list[PlannedLine]] = {}
    for need in wanted:
        for seller, line in _lines(need, free_stock, policy, splits, without):
            lines.setdefault(seller, []).append(line)
    for one in sorted(lines, key=lambda seller: seller.code):
        by_code = tuple(sorted(lines[one], key=lambda line: line.product_code))
        yield _topped_up(PlannedOrder(one.id, one.code, one.min_order_fen, one.minimum_policy, by_code))


def _lines(
    need: _Need,
    free_stock: Mapping[int, int],
    policy: str,
    splits: Mapping[int, Split],
    without: Collection[int],
) -> Iterator[tuple[Seller, PlannedLine]]:
    by, among = need.sources(splits, without)
    parts = split_to_cases(
        ordered=need.units,
        free_stock=free_stock.get(need.product_id, 0),
        sources=[source for _, source in among],
        by=by,
        policy=policy,
    )
    for (seller, source), cases in zip(among, parts, strict=True):
        if cases.ordered:
            offer = (need.offer_id, need.product_id, need.product_code)
            yield seller, PlannedLine(*offer, source.cost_fen, need.keeps, cases)


def _missing(
    need: _Need,
    free_stock: Mapping[int, int],
    policy: str,
    splits: Mapping[int, Split],
    without: Collection[int],
) -> int | None:
    """Return the smallest number of units more with which no case is left open."""
    largest = max(source.case_size for _, source in need.sources(splits, without)[1])
    for more in range(largest):
        fuller = replace(need, units=need.units + more)
        parts = _lines(fuller, free_stock, policy, splits, without)
        if not any(line.cases.shortfall for _, line in parts):
            return more
    return None


def _replaceable(
    order: PlannedOrder, wanted: Iterable[_Need], splits: Mapping[int, Split], without: Collection[int]
) -> bool:
    """Tell whether somebody else delivers something of what is planned for a supplier."""
    offers = {line.offer_id for line in order.lines} if splits else set()
    split = (need.sources(splits, without)[1] for need in wanted if need.offer_id in offers)
    return order.supplier_id not in without and any(len(among) > 1 for among in split)


def _topped_up(order: PlannedOrder) -> PlannedOrder:
    """Fill an order below its supplier's minimum up with a product that keeps, where it says so."""
    if order.minimum_policy != MinimumPolicy.TOP_UP or not order.below_minimum:
        return order
    cases_fen = [line.cost_fen * line.cases.case_size if line.keeps else None for line in order.lines]
    more = top_up(order.min_order_fen - order.cost_fen, cases_fen)
    if more is None:
        return order
    place, cases = more
    filled = replace(order.lines[place], cases=with_cases(order.lines[place].cases, cases))
    return replace(order, lines=(*order.lines[:place], filled, *order.lines[place + 1 :]))
