"""Changing the commission plan."""

from datetime import datetime

from sqlalchemy import Select, exists, select, update

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product
from groupbuy.commissions import floors
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan


def set_rule(
    *, scope: Scope, target_id: int = 0, rate: Rate | None, now: datetime, actor: str
) -> CommissionRule | None:
    """Put a rate in force from now on in place of the former one; None ends it without a successor.

    Orders placed before keep the rate they were placed with. A rate equal to the one in force
    changes nothing. Raise BadInput ``above_price`` for more per unit than a product costs, and
    ``below_commission`` where that is so of what holds once a rate has ended.
    """
    floors.hold_rates()
    check_amount(scope, target_id, rate)
    former = db.session.query(CommissionRule).filter_by(scope=scope, target_id=target_id, valid_to=None)
    row = former.with_for_update().one_or_none()
    if (row.rate if row else None) == (rate.to_json() if rate else None):
        return row
    db.session.execute(
        update(CommissionRule)
        .where(CommissionRule.id == (row.id if row else 0), CommissionRule.valid_to.is_(None))
        .values(valid_to=now)
    )
    if rate is None:
        floors.check_prices(_prices(scope, target_id))
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


def _prices(scope: Scope, target_id: int) -> dict[int, int]:
    """Return the prices of the products on the shelf for which a rate of their own or their category ends."""
    own = {Scope.PRODUCT: Product.id, Scope.CATEGORY: Product.category_id}
    if scope not in own:
        return {}
    on_shelf = (Product.state == "on_shelf", Product.price_fen > 0, own[scope] == target_id)
    return {
        row[0]: row[1] for row in db.session.execute(select(Product.id, Product.price_fen).where(*on_shelf))
    }


def check_amount(scope: Scope, target_id: int, rate: Rate | None) -> None:
    """Refuse an amount per unit above the price of a product for which it holds.

    Of a category, a leader, a level or everything else those count that are on the shelf, have a price
    and have no more particular rate. Raise BadInput ``above_price``.
    """
    if rate is None or not rate.fixed_fen:
        return
    cheapest = db.session.execute(_held_for(scope, target_id).order_by(Product.price_fen).limit(1)).first()
    if cheapest is None or rate.fixed_fen <= cheapest.price_fen:
        return
    message = "The commission per unit is not above the product's price."
    if scope != Scope.PRODUCT:
        price = format_yuan(cheapest.price_fen)
        message = f"{cheapest.code} costs only {price}: a commission per unit is not above the price."
    raise BadInput("above_price", message, param="fixed_fen")


def _held_for(scope: Scope, target_id: int) -> Select[str, int]:
    products = select(Product.code, Product.price_fen)
    if scope == Scope.PRODUCT:
        return products.where(Product.id == target_id)
    own = exists().where(CommissionRule.valid_to.is_(None))
    of_product = own.where(CommissionRule.scope == Scope.PRODUCT, CommissionRule.target_id == Product.id)
    products = products.where(Product.state == "on_shelf", Product.price_fen > 0, ~of_product)
    if scope == Scope.CATEGORY:
        return products.where(Product.category_id == target_id)
    shelf = (CommissionRule.scope == Scope.CATEGORY, CommissionRule.target_id == Product.category_id)
    return products.where(~own.where(*shelf))


def _add(*, scope: Scope, target_id: int, rate: Rate, now: datetime) -> CommissionRule:
    rule = CommissionRule(scope=scope, target_id=target_id, rate=rate.to_json(), valid_from=now)
    db.session.add(rule)
    db.session.flush()
    return rule
