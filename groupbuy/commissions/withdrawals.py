"""Reading withdrawals, and where a leader's commission stands in the books."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from groupbuy.commissions import rules
from groupbuy.commissions.models import Withdrawal
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import queries
from groupbuy.finance import rules as ledger
from groupbuy.kernel.errors import NotFound


def get_withdrawal(number: str, *, leader_ids: Sequence[int] | None = None) -> Withdrawal:
    """Return a withdrawal; raise NotFound, also when it is another leader's."""
    statement = select(Withdrawal).where(Withdrawal.number == number)
    if leader_ids is not None:
        statement = statement.where(Withdrawal.leader_id.in_(leader_ids))
    row = db.session.scalar(statement)
    if row is None:
        raise NotFound("unknown_withdrawal", "There is no such withdrawal.")
    return row


def withdrawals_of(leader_id: int, *, most: int = 200) -> Sequence[Withdrawal]:
    """Return a leader's withdrawals, the latest first."""
    mine = select(Withdrawal).where(Withdrawal.leader_id == leader_id)
    return db.session.scalars(mine.order_by(Withdrawal.id.desc()).limit(most)).all()


def has_paid_to(leader_id: int, *, method: str, payee: str, payee_name: str) -> bool:
    """Tell whether a payout account has been named by a leader before, and not been refused."""
    known = (
        Withdrawal.leader_id == leader_id,
        Withdrawal.method == method,
        Withdrawal.payee == payee.strip(),
        Withdrawal.payee_name == payee_name.strip(),
        Withdrawal.state != rules.WithdrawalState.REJECTED,
    )
    return db.session.scalar(select(Withdrawal.id).where(*known).limit(1)) is not None


def find_paid_to(leader_id: int, number: str) -> Withdrawal | None:
    """Return a withdrawal of a leader's that names a payout account, None for a refused one."""
    mine = (Withdrawal.number == number, Withdrawal.leader_id == leader_id)
    refused = Withdrawal.state == rules.WithdrawalState.REJECTED
    return db.session.scalar(select(Withdrawal).where(*mine, ~refused))


def payees_of(leader_id: int, *, most: int = 3) -> Sequence[Withdrawal]:
    """Return the latest withdrawal to each of a leader's payout accounts not refused, the last one first."""
    mine = (Withdrawal.leader_id == leader_id, Withdrawal.state != rules.WithdrawalState.REJECTED)
    account = (Withdrawal.method, Withdrawal.payee, Withdrawal.payee_name)
    latest = select(func.max(Withdrawal.id)).where(*mine).group_by(*account)
    rows = select(Withdrawal).where(Withdrawal.id.in_(latest)).order_by(Withdrawal.id.desc())
    return db.session.scalars(rows.limit(most)).all()


@dataclass(frozen=True, slots=True)
class LeaderMoney:
    """What a leader's commission comes to at each stage, in fen; ``available_fen`` may be below zero."""

    pending_fen: int
    frozen_fen: int
    available_fen: int
    withdrawals: int
    withdrawals_fen: int


def money_of(leader_id: int) -> LeaderMoney:
    """Return where a leader's commission stands in the books."""
    mine = (Withdrawal.leader_id == leader_id, Withdrawal.state.in_(rules.IN_FLIGHT))
    count, amount = db.session.execute(select(func.count(), total(Withdrawal.amount_fen)).where(*mine)).one()
    pending, frozen = (queries.balance(ledger.commission(leader_id, name)) for name in ("pending", "frozen"))
    return LeaderMoney(
        pending, frozen, queries.available(ledger.commission(leader_id, "settled")), count, amount
    )
