"""Helpers' shares paid out: by the leader outside the platform, confirmed by the helper who got it.

A share is the helper's as it settles, but the money stays with the leader's: what is confirmed moves back
into the settled commission, from which the leader withdraws it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from groupbuy.accounts.models import Account
from groupbuy.audit import service as audit
from groupbuy.commissions.models import HelperPayment, HelperShare
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.totals import total
from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import HELPER
from groupbuy.notices.telling import Notice

CAUSE = "helper_payment"
NOTED, CONFIRMED, DENIED = "noted", "confirmed", "denied"
MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Owed:
    """What a leader owes a helper in fen: settled, and not noted as paid; below zero is paid too much."""

    account_id: int
    name: str
    fen: int


def owed_by(leader_id: int) -> Sequence[Owed]:
    """Return whom a leader owes a share, by name; also those who help no longer."""
    paid = (
        select(HelperPayment.account_id, total(HelperPayment.amount_fen).label("fen"))
        .where(HelperPayment.leader_id == leader_id, HelperPayment.state != DENIED)
        .group_by(HelperPayment.account_id)
        .subquery()
    )
    left = total(HelperShare.settled_fen) - func.coalesce(paid.c.fen, 0)
    rows = (
        select(Account.id, Account.name, left)
        .join(HelperShare, HelperShare.account_id == Account.id)
        .outerjoin(paid, paid.c.account_id == Account.id)
        .where(HelperShare.leader_id == leader_id)
        .group_by(Account.id, Account.name, paid.c.fen)
        .order_by(Account.name, Account.id)
    )
    return [Owed(*row) for row in db.session.execute(rows) if row[2]]


def open_of(leader_id: int) -> int:
    """Return what a leader owes helpers and what they have not confirmed yet, in fen."""
    noted = select(total(HelperPayment.amount_fen)).where(
        HelperPayment.leader_id == leader_id, HelperPayment.state == NOTED
    )
    waiting = db.session.scalar(noted) or 0
    return waiting + sum(max(one.fen, 0) for one in owed_by(leader_id))


def note(
    *,
    leader: Leader,
    account_id: int,
    amount_fen: int,
    proof: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> HelperPayment:
    """Note that a leader has paid a helper, who is told; the same key again is the first one.

    Raise BadInput, RuleBroken ``above_owed``.
    """
    key = own_key(leader.id, submission_key)
    # One payment of a leader at a time, so that two cannot pay the same share.
    db.session.execute(select(Leader.id).where(Leader.id == leader.id).with_for_update())
    if first := first_of(HelperPayment, key):
        return first
    proof = _words(proof, "proof", "Write how it was paid; the helper reads it.")
    _check_owed(leader, account_id, amount_fen)
    row = HelperPayment(
        leader_id=leader.id,
        account_id=account_id,
        state=NOTED,
        amount_fen=amount_fen,
        proof=proof,
        submission_key=key,
        noted_at=now,
        noted_by=actor,
    )
    db.session.add(row)
    db.session.flush()
    _log(row, "helper_paid", now, actor, {"account": account_id, "amount_fen": amount_fen, "proof": proof})
    _tell(row, leader, now)
    return row


def _tell(row: HelperPayment, leader: Leader, now: datetime) -> None:
    who = recipient(HELPER, row.account_id)
    values = {"leader": leader.name, "amount": format_yuan(row.amount_fen), "proof": row.proof}
    telling.tell([Notice(f"helper-payment-{row.id}", "share_paid", who, values)], now=now)


def _check_owed(leader: Leader, account_id: int, amount_fen: int) -> None:
    left = next((one.fen for one in owed_by(leader.id) if one.account_id == account_id), 0)
    if amount_fen <= 0:
        raise BadInput("out_of_range", "An amount above zero.", param="amount_fen")
    if amount_fen > left:
        raise RuleBroken(
            "above_owed", f"Only {format_yuan(max(left, 0))} is owed to this helper.", param="amount_fen"
        )


def _words(text: str, param: str, refusal: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_WORDS or not text.isprintable():
        raise BadInput("required", refusal, param=param)
    return text


def confirm(*, payment_id: int, account_id: int, now: datetime, actor: str) -> HelperPayment:
    """Confirm as the helper that the money has come; again changes nothing.

    Raise NotFound, also for another's payment, RuleBroken ``decided_meanwhile``.
    """
    row = _get(payment_id, account_id)
    if row.state == CONFIRMED:
        return row
    _move(row, CONFIRMED, now, actor, None)
    entry = Entry(
        rules.helper(account_id),
        rules.commission(row.leader_id, "settled"),
        row.amount_fen,
        CAUSE,
        str(row.id),
        "paid",
    )
    # A refund since the note may have lowered the share: what was paid too much is carried, as a leader's is.
    service.post([entry], at=now, actor=actor, may_owe=True)
    return row


def deny(*, payment_id: int, account_id: int, reason: str, now: datetime, actor: str) -> HelperPayment:
    """Say as the helper that the money has not come; the leader owes it as before.

    Raise NotFound, BadInput without a reason, RuleBroken ``decided_meanwhile``.
    """
    reason = _words(reason, "reason", "Say why; the leader reads it.")
    row = _get(payment_id, account_id)
    _move(row, DENIED, now, actor, reason)
    return row


def _get(payment_id: int, account_id: int) -> HelperPayment:
    mine = select(HelperPayment).where(HelperPayment.id == payment_id, HelperPayment.account_id == account_id)
    row = db.session.scalar(mine)
    if row is None:
        raise NotFound("unknown_payment", "There is no such payment.")
    return row


def _move(row: HelperPayment, state: str, now: datetime, actor: str, reason: str | None) -> None:
    if not move_state(row, NOTED, state, decided_at=now, reason=reason):
        raise RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")
    _log(row, f"helper_payment_{state}", now, actor, {"state": state, "reason": reason})


def payments(
    *, leader_id: int | None = None, account_id: int | None = None, most: int = 200
) -> Sequence[HelperPayment]:
    """Return payments of a leader, or to a helper, the latest first."""
    statement = select(HelperPayment).order_by(HelperPayment.id.desc()).limit(most)
    if leader_id is not None:
        statement = statement.where(HelperPayment.leader_id == leader_id)
    if account_id is not None:
        statement = statement.where(HelperPayment.account_id == account_id)
    return db.session.scalars(statement).all()


def _log(row: HelperPayment, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind=CAUSE, subject=str(row.id), after=after)
