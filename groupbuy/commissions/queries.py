"""Reading the commission plan in force, and what was booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.commissions.bulk import LATE, PENDING, REROUTED, SHORTAGE
from groupbuy.commissions.models import CommissionEntry, CommissionRule
from groupbuy.commissions.rules import Rate, Scope, pick
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.models import OrderLine
from groupbuy.orders.shortening import SUBSTITUTE, WEIGHT

# The rule for a product p and a head h of an order, as ``Plan.agreed`` picks it, for use inside a statement.
RATE_SQL = """
    SELECT id, rate FROM commission_rule
    WHERE valid_to IS NULL AND (
        scope = 'product' AND target_id = p.id OR scope = 'category' AND target_id = p.category_id
        OR scope = 'leader' AND target_id = h.leader_id OR scope = 'level' AND target_id = h.level_id
        OR scope = 'default' AND target_id = 0)
    ORDER BY array_position(ARRAY['product', 'category', 'leader', 'level', 'default'], CAST(scope AS text))
    LIMIT 1
"""

# The id of that rule for a product p and a leader l, for a database without lateral joins.
RULE_ID_SQL = """COALESCE(
    (SELECT id FROM commission_rule WHERE scope = 'product' AND target_id = p.id AND valid_to IS NULL),
    (SELECT id FROM commission_rule
     WHERE scope = 'category' AND target_id = p.category_id AND valid_to IS NULL),
    (SELECT id FROM commission_rule WHERE scope = 'leader' AND target_id = l.id AND valid_to IS NULL),
    (SELECT id FROM commission_rule WHERE scope = 'level' AND target_id = l.level_id AND valid_to IS NULL),
    (SELECT id FROM commission_rule WHERE scope = 'default' AND target_id = 0 AND valid_to IS NULL)
)"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a line earns: basis points of its amount plus fen per unit, and the rule it comes from.

    With ``tiers`` the basis points are 0 until the close fills them in.
    """

    rate_bp: int = 0
    fixed_fen: int = 0
    rule_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules in force, by scope and target."""

    rules: dict[tuple[str, int], tuple[int, Rate]]

    def agreed(
        self, *, product_id: int, category_id: int | None, leader_id: int, level_id: int | None
    ) -> Agreed:
        """Return what a line of this product and leader earns; nothing where no rule applies."""
        targets = {
            Scope.PRODUCT: product_id,
            Scope.CATEGORY: category_id or 0,
            Scope.LEADER: leader_id,
            Scope.LEVEL: level_id or 0,
            Scope.DEFAULT: 0,
        }
        found = pick({s: self.rules[s, t] for s, t in targets.items() if (s, t) in self.rules})
        if found is None:
            return Agreed()
        rule_id, rate = found
        return Agreed(rate.rate_bp or 0, rate.fixed_fen or 0, rule_id)


def plan_in_force() -> Plan:
    """Return the plan in force now, in one query."""
    return _plan(true())


def plan_for(*, offers: Sequence[OfferForLeader], leader_id: int, level_id: int | None) -> Plan:
    """Return the part of the plan that an order of these offers with this leader needs, in one query."""
    targets = {
        Scope.PRODUCT: {offer.product_id for offer in offers},
        Scope.CATEGORY: {offer.category_id for offer in offers if offer.category_id},
        Scope.LEADER: {leader_id},
        Scope.LEVEL: {level_id} if level_id else set(),
        Scope.DEFAULT: {0},
    }
    rule = CommissionRule
    return _plan(or_(*(and_(rule.scope == s, rule.target_id.in_(t)) for s, t in targets.items() if t)))


def _plan(condition: ColumnElement[bool]) -> Plan:
    rows = db.session.execute(
        select(CommissionRule.scope, CommissionRule.target_id, CommissionRule.id, CommissionRule.rate).where(
            CommissionRule.valid_to.is_(None), condition
        )
    )
    return Plan({(row.scope, row.target_id): (row.id, Rate.from_json(row.rate)) for row in rows})


@dataclass(frozen=True, slots=True)
class LaterChange:
    """What later rows of a leader's commission add up to for lines at one rate, in fen."""

    rate_bp: int
    fixed_fen: int
    amount_fen: int


def later_changes(round_id: int, leader_ids: Sequence[int]) -> Mapping[int, Sequence[LaterChange]]:
    """Return by leader what was booked after the close of a round, such as refunds, in one query.

    What was booked for a shortage, a substitute, a weight, a late or a re-routed order is left out: the lines
    say it themselves.
    """
    changes: dict[int, list[LaterChange]] = {leader_id: [] for leader_id in leader_ids}
    rate = (func.coalesce(OrderLine.rate_bp, 0), func.coalesce(OrderLine.fixed_fen, 0))
    rows = db.session.execute(
        select(CommissionEntry.leader_id, *rate, total(CommissionEntry.amount_fen))
        .outerjoin(OrderLine, OrderLine.id == CommissionEntry.order_line_id)
        .where(
            CommissionEntry.round_id == round_id,
            CommissionEntry.leader_id.in_(leader_ids),
            CommissionEntry.kind.not_in((PENDING, LATE, REROUTED, SHORTAGE, SUBSTITUTE, WEIGHT)),
        )
        .group_by(CommissionEntry.leader_id, *rate)
        .order_by(CommissionEntry.leader_id, *rate)
    )
    for leader_id, *change in rows:
        changes[leader_id].append(LaterChange(*change))
    return changes
