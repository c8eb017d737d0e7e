"""Changing the commission plan."""

from datetime import datetime

from sqlalchemy import select, update

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput


def set_rule(
    *, scope: Scope, target_id: int = 0, rate: Rate | None, now: datetime, actor: str
) -> CommissionRule | None:
    """Put a rate in force from now on in place of the former one; None ends it without a successor.

    Orders placed before keep the rate they were placed with. A rate equal to the one in force
    changes nothing. Raise BadInput ``above_price`` for more per unit of a product than it costs.
    """
    check_product(scope, target_id, rate)
    former = db.session.query(CommissionRule).filter_by(scope=scope, target_id=target_id, valid_to=None)
    row = former.with_for_update().one_or_none()
    if (row.rate if row else None) == (rate.to_json() if rate else None):
        return row
    db.session.execute(
        update(CommissionRule)
        .where(CommissionRule.id == (row.id if row else 0), CommissionRule.valid_to.is_(None))
        .values(valid_to=now)
    )
    fresh = None if rate is None else _add(scope=scope, target_id=target_id, rate=rate, now=now)
    audit.record(
        at=now,
        actor=actor,
        verb="commission_rule_set",
        subject_kind="commission_rule",
        subject=f"{scope}:{target_id}",
        before={"rate": row.rate if row else None},
        after={"rate": rate.to_json() if rate else None},
    )
    return fresh


def check_product(scope: Scope, target_id: int, rate: Rate | None) -> None:
    """Refuse what would be above 100 % of a product's price."""
    if scope != Scope.PRODUCT or rate is None or not rate.fixed_fen:
        return
    price = db.session.scalar(select(Product.price_fen).where(Product.id == target_id))
    if price is not None and rate.fixed_fen > price:
        raise BadInput(
            "above_price", "The commission per unit is not above the product's price.", param="fixed_fen"
        )


def _add(*, scope: Scope, target_id: int, rate: Rate, now: datetime) -> CommissionRule:
    rule = CommissionRule(scope=scope, target_id=target_id, rate=rate.to_json(), valid_from=now)
    db.session.add(rule)
    db.session.flush()
    return rule
