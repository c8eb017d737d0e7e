"""What a new rate would have changed: the last closed rounds reckoned anew, leader by leader."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, and_, case, func, or_, select

from groupbuy.campaigns.models import Offer, Round
from groupbuy.catalog.models import Product
from groupbuy.commissions import rules
from groupbuy.commissions.bulk import line_share
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.leaders.models import Leader, LeaderLevelChange
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine
from groupbuy.purchasing.models import Demand

ROUNDS = 5

Plan = Mapping[tuple[Scope, int], Rate]


@dataclass(frozen=True, slots=True)
class Effect:
    """A leader's turnover, commission as agreed and as it would have been, in fen."""

    code: str
    name: str
    turnover_fen: int
    was_fen: int
    would_fen: int

    @property
    def change_fen(self) -> int:
        """Return what the leader would have got more, below zero less."""
        return self.would_fen - self.was_fen


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines alike in everything that counts: how many, and what each and all of them come to."""

    round_id: int
    leader_id: int
    level_id: int | None
    product_id: int
    category_id: int | None
    amount_fen: int
    units: int
    lines: int
    agreed_fen: int


def what_if(*, scope: Scope, target_id: int, rate: Rate | None, rounds: int = ROUNDS) -> Sequence[Effect]:
    """Return what the last closed rounds would have paid with a rate put in force, by leader's code.

    All other rates are those in force now, levels of leaders those that held as the orders were placed; None
    ends the rate. Nothing is written.
    """
    plan = dict(_plan())
    plan.pop((scope, target_id), None)
    if rate is not None:
        plan[scope, target_id] = rate
    lines = [_Lines(*row) for row in db.session.execute(_statement(rounds))]
    turnovers: dict[tuple[int, int], int] = defaultdict(int)
    for one in lines:
        turnovers[one.round_id, one.leader_id] += one.amount_fen * one.lines
    return _effects(lines, plan, turnovers)


def _effects(
    lines: Sequence[_Lines], plan: Plan, turnovers: Mapping[tuple[int, int], int]
) -> Sequence[Effect]:
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in lines:
        turnover = turnovers[one.round_id, one.leader_id]
        found = sums[one.leader_id]
        found[0] += one.amount_fen * one.lines
        found[1] += one.agreed_fen
        found[2] += _would(one, plan, turnover) * one.lines
    names = select(Leader.id, Leader.code, Leader.name).order_by(Leader.code)
    return [Effect(code, name, *sums[id_]) for id_, code, name in db.session.execute(names) if id_ in sums]


def _would(one: _Lines, plan: Plan, turnover_fen: int) -> int:
    """Return what one of some lines alike would earn."""
    keys = {
        Scope.PRODUCT: one.product_id,
        Scope.CATEGORY: one.category_id,
        Scope.LEADER: one.leader_id,
        Scope.LEVEL: one.level_id,
        Scope.DEFAULT: 0,
    }
    applying = {
        scope: plan[scope, key] for scope, key in keys.items() if key is not None and (scope, key) in plan
    }
    rate = rules.pick(applying)
    if rate is None:
        return 0
    return rules.line_commission(rate, amount_fen=one.amount_fen, units=one.units, turnover_fen=turnover_fen)


def _plan() -> Plan:
    in_force = select(CommissionRule.scope, CommissionRule.target_id, CommissionRule.rate)
    rows = db.session.execute(in_force.where(CommissionRule.valid_to.is_(None)))
    return {(Scope(scope), target): Rate.from_json(plain) for scope, target, plain in rows}


def _statement(rounds: int) -> Select[*tuple[Any, ...]]:
    """Return the lines of the last rounds that were closed, those alike put together."""
    closed = (
        select(Demand.round_id).join(Round, Round.id == Demand.round_id).where(Round.state != "cancelled")
    )
    last = select(Round.id).where(Round.id.in_(closed)).order_by(Round.closes_at.desc()).limit(rounds)
    held = _levels_held()
    level = case((held.c.leader_id.is_not(None), held.c.level_id), else_=Leader.level_id)
    alike = (
        Order.round_id,
        Order.leader_id,
        level,
        Offer.product_id,
        Product.category_id,
        OrderLine.amount_fen,
        OrderLine.quantity,
    )
    return (
        select(*alike, func.count(), total(line_share()))
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(Leader, Leader.id == Order.leader_id)
        .outerjoin(
            held,
            and_(
                held.c.leader_id == Order.leader_id,
                held.c.until > Order.placed_at,
                or_(held.c.since.is_(None), held.c.since <= Order.placed_at),
            ),
        )
        .where(Order.round_id.in_(last), is_live(), Offer.state == "active", OrderLine.quantity > 0)
        .group_by(*alike)
    )


def _levels_held() -> Subquery:
    """Select the levels that leaders have had, each from a moment, None for ever, until another."""
    one = LeaderLevelChange
    former = func.lag(one.until).over(partition_by=one.leader_id, order_by=(one.until, one.id))
    return select(one.leader_id, one.level_id, former.label("since"), one.until).subquery()
