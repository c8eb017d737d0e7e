"""What to buy for a round: demand per offer, rounded to whole cases, grouped by supplier. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import OrderLine
from groupbuy.purchasing.models import Demand
from groupbuy.purchasing.rules import (
    CaseRounding,
    MinimumPolicy,
    below_minimum,
    round_to_cases,
    top_up,
    with_cases,
)


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


def products_of(round_id: int) -> Select[*tuple[Any, ...]]:
    """Select the ids of the products of a round."""
    return select(Offer.product_id).where(Offer.round_id == round_id)


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
    *, round_id: int, units: Mapping[int, int], free_stock: Mapping[int, int], policy: str
) -> Sequence[PlannedOrder]:
    """Return the purchase orders for a demand, by supplier code.

    ``units`` is by offer, ``free_stock`` by product; a product in several offers is not to be used twice.
    """
    rows = db.session.execute(
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
    wanted = (row for row in rows if units.get(row[4]))
    return list(_by_supplier(wanted, units, free_stock, policy))


Row = tuple[int, str, int, str, int, int, str, int, int, bool]


def _by_supplier(
    rows: Iterable[Row], units: Mapping[int, int], free_stock: Mapping[int, int], policy: str
) -> Iterable[PlannedOrder]:
    for (supplier_id, code, minimum, below), group in groupby(rows, key=lambda row: row[:4]):
        lines = tuple(_line(row, units, free_stock, policy) for row in group)
        yield _topped_up(PlannedOrder(supplier_id, code, minimum, below, lines))


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


def _line(row: Row, units: Mapping[int, int], free_stock: Mapping[int, int], policy: str) -> PlannedLine:
    offer_id, product_id, product_code, cost_fen, case_size, keeps = row[4:]
    cases = round_to_cases(
        ordered=units[offer_id],
        free_stock=free_stock.get(product_id, 0),
        case_size=case_size,
        policy=policy,
    )
    return PlannedLine(offer_id, product_id, product_code, cost_fen, keeps, cases)
