"""The floor of freezing and settling: bare SQL that stores the rows of a step in copies of its tables."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text

from benchmarks.copies import copy_of
from groupbuy.commissions.models import CommissionStanding
from groupbuy.db import db
from groupbuy.db.bulk import table_of
from groupbuy.db.transaction import transaction
from groupbuy.finance.models import AccountBalance, Posting
from groupbuy.finance.rules import period_of

_COPIES = [copy_of(table_of(model)) for model in (CommissionStanding, Posting, AccountBalance)]
_STANDINGS = """INSERT INTO floor_commission_standing
    (round_id, leader_id, accrued_fen, taken_fen, settled_fen, settled_until, version)
    SELECT round_id, leader_id, 0, SUM(share), SUM(CASE WHEN picked_up_at <= :until THEN share ELSE 0 END),
        :until, 1
    FROM (SELECT o.round_id, o.leader_id, o.picked_up_at,
            (l.amount_fen * l.rate_bp + 5000) / 10000 + l.fixed_fen * l.quantity AS share
        FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN offer f ON f.id = l.offer_id
        WHERE o.round_id = :round AND o.state = 'picked_up' AND f.state = 'active') shares
    GROUP BY round_id, leader_id"""
_POSTINGS = """INSERT INTO floor_posting
    (debit_account, credit_account, amount_fen, cause_kind, cause_id, part, at, actor, period)
    SELECT 'commission:leader:' || leader_id || ':' || '{debit}',
        'commission:leader:' || leader_id || ':' || '{credit}',
        {amount}, 'commission', round_id || ':' || leader_id, '2:{step}', :at, 'scheduler', :period
    FROM floor_commission_standing WHERE {amount} > 0"""
_BALANCES = """INSERT INTO floor_account_balance (account, balance_fen)
    SELECT 'commission:leader:' || leader_id || ':' || 'settled', settled_fen
    FROM floor_commission_standing"""
_STEPS = {
    "freeze": (
        _STANDINGS,
        _POSTINGS.format(debit="pending", credit="frozen", amount="taken_fen", step="freeze"),
    ),
    "settle": (
        _STANDINGS,
        _POSTINGS.format(debit="frozen", credit="settled", amount="settled_fen", step="settle"),
        _BALANCES,
    ),
}


@dataclass(frozen=True)
class Floor:
    """Which round is settled, and when pick-ups are past their window."""

    round_id: int
    until: datetime
    now: datetime

    def measure(self, step: str, clock: Callable[[], float]) -> float:
        """Return the seconds to store what a step (``freeze``, ``settle``) stores, and nothing else."""
        with transaction():
            for copy in _COPIES:
                copy.drop(db.session.connection(), checkfirst=True)
                copy.create(db.session.connection())
        begin = clock()
        with transaction():
            for statement in _STEPS[step]:
                self._run(statement)
        return clock() - begin

    def _run(self, statement: str) -> None:
        moment = Posting.at.type
        values = (
            bindparam("round", self.round_id),
            bindparam("period", period_of(self.now)),
            bindparam("until", self.until, moment),
            bindparam("at", self.now, moment),
        )
        used = [one for one in values if f":{one.key}" in statement]
        db.session.execute(text(statement).bindparams(*used))
