"""The commission plan by the codes and names of what its rates hold for, changed as it was read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Select, func, select

from groupbuy.catalog.models import Category, Product
from groupbuy.commissions import service
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.leaders.models import Leader, LeaderLevel

# What a rate of a scope holds for, and by what people call it.
TARGETS: Mapping[Scope, tuple[Any, Any]] = {
    Scope.PRODUCT: (Product, Product.code),
    Scope.CATEGORY: (Category, Category.name),
    Scope.LEADER: (Leader, Leader.code),
    Scope.LEVEL: (LeaderLevel, LeaderLevel.name),
}


def target_of(scope: Scope, called: str | None) -> int:
    """Return the id of what a rate shall hold for, 0 for the default; raise BadInput, param ``target``."""
    if scope not in TARGETS:
        if called is not None:
            raise BadInput("inconsistent", "The default holds for everything else.", param="target")
        return 0
    table, column = TARGETS[scope]
    found = None if called is None else db.session.scalar(select(table.id).where(column == called))
    if found is None:
        raise BadInput("required", "Choose what the rate is for.", param="target")
    return int(found)


def called(rules: Sequence[CommissionRule]) -> Mapping[int, str | None]:
    """Return by rate the code or name of what it holds for, in one query a scope; None for the default."""
    names: dict[tuple[str, int], str] = {}
    for scope, (table, column) in TARGETS.items():
        ids = [rule.target_id for rule in rules if rule.scope == scope]
        rows = db.session.execute(select(table.id, column).where(table.id.in_(ids))) if ids else ()
        names |= {(scope.value, row[0]): row[1] for row in rows}
    return {rule.id: names.get((rule.scope, rule.target_id)) for rule in rules}


def in_force(*, scope: Scope | None, after: int | None, most: int) -> Sequence[CommissionRule]:
    """Return rates in force by id, from behind one on."""
    chosen = select(CommissionRule).where(CommissionRule.valid_to.is_(None), CommissionRule.id > (after or 0))
    if scope is not None:
        chosen = chosen.where(CommissionRule.scope == scope)
    return db.session.scalars(chosen.order_by(CommissionRule.id).limit(most)).all()


def change(
    *, scope: Scope, target_id: int, rate: Rate, seen: int, now: datetime, actor: str
) -> CommissionRule:
    """Put a rate in force in the place of the one that was ``seen``, by id, 0 for none; return it.

    Raise RuleBroken ``changed_meanwhile``, BadInput ``above_price``.
    """
    former = _current(scope, target_id)
    if (former.id if former else 0) != seen:
        _refuse_stale()
    service.set_rule(scope=scope, target_id=target_id, rate=rate, now=now, actor=actor)
    return db.session.scalars(_in_force(scope, target_id)).one()


def replace(
    *, scope: Scope, target_id: int, rate: Rate, newest: int | None, now: datetime, actor: str
) -> None:
    """Put a rate in force; ``newest`` is the id of the newest that somebody has seen, None asks nothing.

    Raise RuleBroken ``changed_meanwhile`` where a newer one holds for the same, BadInput ``above_price``.
    """
    former = _current(scope, target_id)
    if former is not None and newest is not None and former.id > newest:
        _refuse_stale()
    service.set_rule(scope=scope, target_id=target_id, rate=rate, now=now, actor=actor)


def newest() -> int:
    """Return the id of the newest rate in force, 0 where there is none."""
    ids = select(func.max(CommissionRule.id)).where(CommissionRule.valid_to.is_(None))
    return db.session.scalar(ids) or 0


def _current(scope: Scope, target_id: int) -> CommissionRule | None:
    return db.session.scalars(_in_force(scope, target_id).with_for_update()).one_or_none()


def _in_force(scope: Scope, target_id: int) -> Select[CommissionRule]:
    mine = (CommissionRule.scope == scope, CommissionRule.target_id == target_id)
    return select(CommissionRule).where(*mine, CommissionRule.valid_to.is_(None))


def _refuse_stale() -> NoReturn:
    raise RuleBroken(
        "changed_meanwhile", "Somebody else has changed this rate meanwhile; look again.", param="version"
    )


def end(*, rule_id: int, now: datetime, actor: str) -> None:
    """End a rate without a successor; one that has ended stays so.

    Raise NotFound, BadInput ``below_commission`` where what then holds is above a price.
    """
    rule = db.session.get(CommissionRule, rule_id)
    if rule is None:
        raise NotFound("unknown_rule", "There is no such rate.")
    if rule.valid_to is None:
        service.set_rule(scope=Scope(rule.scope), target_id=rule.target_id, rate=None, now=now, actor=actor)
