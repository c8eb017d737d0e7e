"""The report of a round: what was ordered, bought and earned, the same figures everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.commissions import bulk as commissions
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.leaders.models import Leader
from groupbuy.orders.bulk import live_lines, whole_order
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import counted_at_close
from groupbuy.purchasing import planning
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import Demand, PurchaseOrder
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import CaseRounding
from groupbuy.warehouse import planned

NOT_CLOSED = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSING)


@dataclass(frozen=True, slots=True)
class SupplierLine:
    """One product bought from a supplier, in sale units."""

    product_code: str
    cases: CaseRounding


@dataclass(frozen=True, slots=True)
class SupplierTotal:
    """What is bought from a supplier: sale units and fen of what is purchased.

    ``below_minimum`` has the supplier's minimum, in fen, where this is less.
    """

    code: str
    units: int
    cost_fen: int
    lines: Sequence[SupplierLine]
    below_minimum: int | None


@dataclass(frozen=True, slots=True)
class CaseOutlook:
    """What residents take more of a product if that fills a case (凑箱), and what of it they get."""

    product_code: str
    offered: int
    given: int


@dataclass(frozen=True, slots=True)
class LeaderTotal:
    """What a leader's residents ordered, in orders, sale units and fen, and the leader's commission."""

    code: str
    orders: int
    units: int
    amount_fen: int
    commission_fen: int


@dataclass(frozen=True, slots=True)
class RoundReport:
    """A round's figures; suppliers, products and leaders by code, none without orders.

    Before the close ``suppliers`` has what would be bought with the cases that residents fill; what is
    ``given`` for it is in no other figure yet.
    """

    round: str
    state: str
    orders: int
    units: int
    amount_fen: int
    suppliers: Sequence[SupplierTotal]
    leaders: Sequence[LeaderTotal]
    cases: Sequence[CaseOutlook]


def round_report(round_: Round) -> RoundReport:
    """Return a round's report: booked figures after its close, a preview before it.

    What was ordered at the close stays so, whatever was short or refunded later.
    """
    booked = round_.state not in NOT_CLOSED
    leaders = _booked_leaders(round_.id) if booked else _leaders(round_.id, commissions.preview(round_.id))
    return RoundReport(
        round_.name,
        round_.state,
        sum(leader.orders for leader in leaders),
        sum(leader.units for leader in leaders),
        sum(leader.amount_fen for leader in leaders),
        _stored_suppliers(round_.id) if booked else _planned_suppliers(round_),
        leaders,
        _cases(round_),
    )


def _stored_suppliers(round_id: int) -> list[SupplierTotal]:
    return [_stored(order) for order in purchasing.orders_of_round(round_id)]


def _stored(order: PurchaseOrder) -> SupplierTotal:
    lines = sorted(order.lines, key=lambda line: line.product.code)
    return SupplierTotal(
        order.supplier.code,
        order.units,
        order.cost_fen,
        [
            SupplierLine(
                line.product.code,
                CaseRounding(
                    line.ordered,
                    line.from_stock,
                    line.cases,
                    line.case_size,
                    line.purchased,
                    line.surplus,
                    line.shortfall,
                ),
            )
            for line in lines
        ],
        order.supplier.min_order_fen if order.below_minimum else None,
    )


def _planned_suppliers(round_: Round) -> list[SupplierTotal]:
    units = planned.filled(round_, planning.live_demand(round_.id))
    return [_planned(order) for order in planned.plan(round_, units)]


def _planned(order: PlannedOrder) -> SupplierTotal:
    lines = [SupplierLine(line.product_code, line.cases) for line in order.lines]
    minimum = order.min_order_fen if order.below_minimum else None
    return SupplierTotal(order.supplier_code, order.units, order.cost_fen, lines, minimum)


def _cases(round_: Round) -> list[CaseOutlook]:
    found = planned.outlook(round_)
    if not found:
        return []
    rows = select(Offer.id, Product.code).join(Product, Product.id == Offer.product_id)
    codes = dict(db.session.execute(rows.where(Offer.round_id == round_.id)).all())
    shown = (CaseOutlook(codes[offer_id], one.offered, one.given) for offer_id, one in found.items())
    return sorted(shown, key=lambda one: one.product_code)


def _booked_leaders(round_id: int) -> list[LeaderTotal]:
    orders = select(Order.leader_id, func.count(whole_order().distinct())).where(
        Order.round_id == round_id, counted_at_close()
    )
    counts = by_key(orders.group_by(Order.leader_id))
    commission = commissions.booked(round_id)
    demand = (
        select(Leader.id, Leader.code, total(Demand.units), total(Demand.amount_fen))
        .join(Leader, Leader.id == Demand.leader_id)
        .where(Demand.round_id == round_id)
        .group_by(Leader.id, Leader.code)
        .order_by(Leader.code)
    )
    return [
        LeaderTotal(code, counts.get(leader_id, 0), units, amount, commission.get(leader_id, 0))
        for leader_id, code, units, amount in db.session.execute(demand)
    ]


def _leaders(round_id: int, commission: Mapping[int, int]) -> list[LeaderTotal]:
    codes = dict(db.session.execute(select(Leader.id, Leader.code)).all())
    sums = live_lines(round_id).add_columns(
        Order.leader_id,
        func.count(whole_order().distinct()),
        total(OrderLine.quantity),
        total(OrderLine.amount_fen),
    )
    rows = [
        LeaderTotal(codes[leader_id], orders, units, amount, commission.get(leader_id, 0))
        for leader_id, orders, units, amount in db.session.execute(sums.group_by(Order.leader_id))
    ]
    return sorted(rows, key=lambda row: row.code)


def as_json(report: RoundReport) -> dict[str, object]:
    """Return the report in the shape that the command line and the API hand out."""
    return {
        "round": report.round,
        "state": report.state,
        "orders": report.orders,
        "units": report.units,
        "amount_fen": report.amount_fen,
        "suppliers": [_supplier_json(supplier) for supplier in report.suppliers],
        "leaders": [
            {
                "code": leader.code,
                "orders": leader.orders,
                "units": leader.units,
                "amount_fen": leader.amount_fen,
                "commission_fen": leader.commission_fen,
            }
            for leader in report.leaders
        ],
        "cases": [asdict(one) for one in report.cases],
        "below_minimum": [
            {"code": one.code, "cost_fen": one.cost_fen, "min_order_fen": one.below_minimum}
            for one in report.suppliers
            if one.below_minimum is not None
        ],
    }


def _supplier_json(supplier: SupplierTotal) -> dict[str, object]:
    return {
        "code": supplier.code,
        "units": supplier.units,
        "cost_fen": supplier.cost_fen,
        "lines": [
            {
                "product_code": line.product_code,
                "ordered": line.cases.ordered,
                "cases": line.cases.cases,
                "case_size": line.cases.case_size,
                "from_stock": line.cases.from_stock,
                "purchased": line.cases.purchased,
                "surplus": line.cases.surplus,
                "shortfall": line.cases.shortfall,
            }
            for line in supplier.lines
        ],
    }
