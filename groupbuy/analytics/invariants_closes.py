"""What a close has stored is what its orders say."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from groupbuy.analytics.invariants_base import Check, Equal, Never, Reckoned, Rows, was_booked
from groupbuy.campaigns.models import Offer, Round
from groupbuy.commissions.bulk import LATE, PENDING, REROUTED
from groupbuy.commissions.models import CommissionEntry, CommissionRule
from groupbuy.commissions.rules import Rate, tier_rate
from groupbuy.db import db
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.orders.bulk import seller
from groupbuy.orders.days import day_of
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import changes_by_line, counted_at_close
from groupbuy.pickup.models import Bag
from groupbuy.pickup.parts import OPEN_STATES
from groupbuy.pickup.queries import in_bag
from groupbuy.purchasing.models import Demand, PurchaseOrder, PurchaseOrderLine

_booked = was_booked()
_gone = changes_by_line()
# As the round closed, with what was lost since added again.
_lines: Rows = (
    select()
    .select_from(OrderLine)
    .join(Order, Order.id == OrderLine.order_id)
    .join(Offer, Offer.id == OrderLine.offer_id)
    .join(Round, Round.id == Order.round_id)
    .outerjoin(_gone, _gone.c.line_id == OrderLine.id)
    .where(_booked, counted_at_close(), Offer.state == "active")
)
_units = OrderLine.quantity + func.coalesce(_gone.c.units, 0)
_amount = OrderLine.amount_fen + func.coalesce(_gone.c.amount_fen, 0)


def _by_leader_and_offer(value: ColumnElement[int]) -> Rows:
    keys = (Order.round_id, Order.leader_id, OrderLine.offer_id)
    return _lines.add_columns(*keys, value).group_by(*keys)


def _by_leader(value: ColumnElement[int]) -> Rows:
    keys = (Order.round_id, Order.leader_id)
    return _lines.add_columns(*keys, value).group_by(*keys)


def _pending(value: Any) -> Rows:
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id, value)
    return entries.where(CommissionEntry.kind.in_((PENDING, LATE, REROUTED)))


def _lines_of_orders(value: Any) -> Rows:
    return select(PurchaseOrderLine.purchase_order_id, total(value)).group_by(
        PurchaseOrderLine.purchase_order_id
    )


def _demand(value: Any) -> Rows:
    return select(Demand.round_id, Demand.leader_id, Demand.offer_id, value)


def _share(units: Any, amount: Any) -> ColumnElement[int]:
    """Reckon otherwise than at the close, in halves of a fen: half up of x/10000 is (2x + 10000)/20000."""
    share: ColumnElement[int] = (2 * amount * OrderLine.rate_bp + 10_000) // 20_000
    share += OrderLine.fixed_fen * units
    return share


_at_close = _share(_units, _amount)
_now = _share(OrderLine.quantity, OrderLine.amount_fen)

# A bag outlives what was cancelled or moved to another day since; who has only one order left needs none.
_several = (
    select(func.min(Order.id))
    .join(Round, Round.id == Order.round_id)
    .outerjoin(Bag, in_bag())
    .where(_booked, Order.state.in_(OPEN_STATES), Bag.code.is_(None))
    .group_by(day_of(), Order.leader_id, Order.resident_id)
    .having(func.count() > 1)
)


def _check_tiers() -> tuple[int, Sequence[str]]:
    """Look whether every line under tiers has the rate of its leader's turnover in the round."""
    rates = db.session.execute(select(CommissionRule.id, CommissionRule.rate))
    tiers = {rule_id: rate.tiers for rule_id, json in rates if (rate := Rate.from_json(json)).tiers}
    if not tiers:
        return 0, []
    # Staff's late orders are rated by the turnover at the close and do not change it.
    in_time = Order.placed_at < Round.closed_at
    # One that another leader hands out keeps the rate of the leader with whom it was placed.
    sold = _lines.add_columns(Order.round_id, seller(), total(_amount)).group_by(Order.round_id, seller())
    amounts = db.session.execute(sold.where(in_time))
    turnover = {(round_id, leader_id): amount for round_id, leader_id, amount in amounts}
    keys = (Order.round_id, seller(), OrderLine.rule_id, OrderLine.rate_bp)
    under = _lines.add_columns(*keys).where(OrderLine.rule_id.in_(tiers)).group_by(*keys)
    rows = db.session.execute(under).all()
    wrong = [
        f"round {round_id}, leader {leader_id}, rule {rule_id}: {rate_bp} stored"
        for round_id, leader_id, rule_id, rate_bp in rows
        if tier_rate(tiers[rule_id], turnover.get((round_id, leader_id), 0)) != rate_bp
    ]
    return len(rows), wrong


CHECKS: tuple[Check, ...] = (
    Equal(
        "demand_units",
        "I3: every line to be delivered is in exactly one demand line, none of a cancelled one is: units",
        ("round", "leader", "offer"),
        _demand(Demand.units),
        _by_leader_and_offer(total(_units)),
    ),
    Equal(
        "demand_amount",
        "I3: the same in fen",
        ("round", "leader", "offer"),
        _demand(Demand.amount_fen),
        _by_leader_and_offer(total(_amount)),
    ),
    Equal(
        "purchase_lines",
        "what purchase orders are made for is the demand, each unit once",
        ("round", "offer"),
        select(PurchaseOrder.round_id, PurchaseOrderLine.offer_id, total(PurchaseOrderLine.ordered))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .group_by(PurchaseOrder.round_id, PurchaseOrderLine.offer_id),
        select(Demand.round_id, Demand.offer_id, total(Demand.units)).group_by(
            Demand.round_id, Demand.offer_id
        ),
    ),
    Equal(
        "purchase_units",
        "a purchase order's units are those of its lines",
        ("purchase order",),
        select(PurchaseOrder.id, PurchaseOrder.units),
        _lines_of_orders(PurchaseOrderLine.purchased),
    ),
    Equal(
        "purchase_cost",
        "a purchase order's cost is that of its lines",
        ("purchase order",),
        select(PurchaseOrder.id, PurchaseOrder.cost_fen),
        _lines_of_orders(PurchaseOrderLine.amount_fen),
    ),
    Never(
        "purchase_balance",
        "ordered and surplus make up stock, purchase and shortfall",
        ("line",),
        table_of(PurchaseOrderLine),
        select(PurchaseOrderLine.id).where(
            PurchaseOrderLine.ordered + PurchaseOrderLine.surplus
            != PurchaseOrderLine.from_stock + PurchaseOrderLine.purchased + PurchaseOrderLine.shortfall
        ),
    ),
    Equal(
        "commission",
        "I4: the commission booked is the sum of the lines' shares, to the fen",
        ("round", "leader"),
        _pending(CommissionEntry.amount_fen),
        _by_leader(total(_at_close)),
    ),
    Equal(
        "commission_base",
        "I4: the amount it was booked on is the sum of the lines",
        ("round", "leader"),
        _pending(CommissionEntry.base_fen),
        _by_leader(total(_amount)),
    ),
    Equal(
        "commission_of_changes",
        "I4: what was booked for a line since the close brings it to the share of what is kept",
        ("line",),
        select(CommissionEntry.order_line_id, total(CommissionEntry.amount_fen))
        .where(CommissionEntry.order_line_id.is_not(None))
        .group_by(CommissionEntry.order_line_id),
        select(OrderLine.id, _now - _at_close).join(_gone, _gone.c.line_id == OrderLine.id),
    ),
    Reckoned("commission_tiers", "I4: lines under tiers have the rate of their turnover", _check_tiers),
    Never(
        "bags",
        "I3: who has several orders to fetch on a day at a leader has one bag for them",
        ("order",),
        table_of(Order),
        _several,
    ),
)
