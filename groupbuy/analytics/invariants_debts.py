"""What leaders have paid back or what was written off of their debts is in the books."""

from sqlalchemy import String, cast, select

from groupbuy.analytics.invariants_base import Check, Equal, Figured
from groupbuy.commissions import debts
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting

_done = DebtSettlement.state == debts.DONE
_into = Posting.credit_account.like("commission:leader:%:settled")

CHECKS: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_debts",
            "I1: every repayment and write-off of a leader's debt is booked once",
            ("settlement",),
            select(cast(DebtSettlement.id, String), DebtSettlement.amount_fen).where(_done),
            select(Posting.cause_id, total(Posting.amount_fen))
            .where(Posting.cause_kind == debts.CAUSE, _into)
            .group_by(Posting.cause_id),
        ),
        select(total(DebtSettlement.amount_fen)).where(_done),
    ),
)
