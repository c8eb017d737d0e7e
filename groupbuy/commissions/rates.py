"""Leaders' own rates, many at once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, insert_many, select_in, table_of

RULE = table_of(CommissionRule)


def set_leader_rates(rates: Mapping[int, Rate | None], *, now: datetime) -> set[int]:
    """Put leaders' own rates in force, None for none; return the ids of those whose rate changed.

    As ``service.set_rule`` does, but one statement for many; the caller writes the audit.
    """
    statement = select(CommissionRule.target_id, CommissionRule.rate).where(
        CommissionRule.scope == Scope.LEADER, CommissionRule.valid_to.is_(None)
    )
    former = {row[0]: row[1] for row in select_in(statement, RULE.c.target_id, rates)}
    wanted = {leader: rate.to_json() if rate else None for leader, rate in rates.items()}
    changed = {leader for leader, rate in wanted.items() if rate != former.get(leader)}
    _end(changed & former.keys(), now=now)
    fresh = ((leader, wanted[leader]) for leader in sorted(changed) if wanted[leader] is not None)
    fixed = {"scope": Scope.LEADER.value, "valid_from": now}
    insert_many(RULE, ({"target_id": leader, "rate": rate, **fixed} for leader, rate in fresh))
    return changed


def _end(leader_ids: set[int], *, now: datetime) -> None:
    for part in chunks(sorted(leader_ids), KEYS):
        db.session.execute(
            update(CommissionRule)
            .where(CommissionRule.scope == Scope.LEADER, CommissionRule.target_id.in_(part))
            .where(CommissionRule.valid_to.is_(None))
            .values(valid_to=now)
            .execution_options(synchronize_session=False)
        )
