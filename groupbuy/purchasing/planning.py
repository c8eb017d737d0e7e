"""What to buy for a round: demand per offer, rounded to whole cases, grouped by supplier. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from groupbuy.purchasing.rules import CaseRounding, below_minimum, round_to_cases


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One product to buy, in sale units; ``cost_fen`` is per sale unit."""

    offer_id: int
    product_id: int
    product_code: str
    cost_fen: int
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
            Offer.id,
            Product.id,
            Product.code,
            OfferVersion.cost_fen,
            OfferVersion.case_size,
        )
        .select_from(Offer)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .where(Offer.round_id == round_id)
        .order_by(Supplier.code, Product.code)
    )
    wanted = (row for row in rows if units.get(row[3]))
    return list(_by_supplier(wanted, units, free_stock, policy))


Row = tuple[int, str, int, int, int, str, int, int]


def _by_supplier(
    rows: Iterable[Row], units: Mapping[int, int], free_stock: Mapping[int, int], policy: str
) -> Iterable[PlannedOrder]:
    for (supplier_id, code, minimum), group in groupby(rows, key=lambda row: row[:3]):
        lines = tuple(_line(row, units, free_stock, policy) for row in group)
        yield PlannedOrder(supplier_id, code, minimum, lines)


def _line(row: Row, units: Mapping[int, int], free_stock: Mapping[int, int], policy: str) -> PlannedLine:
    _, _, _, offer_id, product_id, product_code, cost_fen, case_size = row
    cases = round_to_cases(
        ordered=units[offer_id],
        free_stock=free_stock.get(product_id, 0),
        case_size=case_size,
        policy=policy,
    )
    return PlannedLine(offer_id, product_id, product_code, cost_fen, cases)
