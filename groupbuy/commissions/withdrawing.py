"""Paying settled commission out: asked for by the leader, reviewed, paid, every state by compare-and-swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.commissions import rules, withdrawals
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.totals import total
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.finance.dials import dials
from groupbuy.finance.rules import Entry
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader

METHODS = ("wechat", "alipay", "bank")
MAX_PAYEE, MAX_REASON = 100, 200
_S = WithdrawalState


@dataclass(frozen=True, slots=True)
class Payee:
    """Where the money is to go: ``wechat``, ``alipay`` or ``bank``, the account there and its holder."""

    method: str
    account: str
    name: str


def ask(
    *,
    leader: Leader,
    amount_fen: int,
    payee: Payee,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> Withdrawal:
    """Take an amount out of settled commission to be paid out; the same key again is the first one.

    Raise BadInput, and RuleBroken ``below_minimum``, ``fee_too_high`` or ``insufficient_balance``.
    """
    key = own_key(leader.id, submission_key)
    if first := first_of(Withdrawal, key):
        return first
    # Whoever lets the leader go meanwhile sees what is asked for here, or is done before.
    db.session.execute(select(Leader.id).where(Leader.id == leader.id).with_for_update(key_share=True))
    _check(leader, amount_fen, payee)
    row = _insert(leader, amount_fen, payee, now, actor, key)
    if row is None:
        return _first(key)
    # The conditional balance lets one withdrawal of a leader through at a time, so the month can be reckoned.
    _take(row, now, actor)
    _reckon(row)
    _log(row, "withdrawal_asked", now, actor, after={"amount_fen": amount_fen, "state": row.state})
    return row


def _take(row: Withdrawal, now: datetime, actor: str) -> None:
    try:
        _book(row, "ask", _balance(row), ledger.withdrawal(row.leader_id), now, actor)
    except RuleBroken as broken:
        if broken.code == "insufficient_balance":
            broken.param = "amount_fen"
        raise


def _check(leader: Leader, amount_fen: int, payee: Payee) -> None:
    least = max(dials().withdrawal_min_fen, 1)
    # Whoever takes everything may take less: a leader who leaves must not leave a rest behind.
    if amount_fen < least and (amount_fen < 1 or amount_fen != withdrawals.money_of(leader.id).available_fen):
        raise RuleBroken("below_minimum", f"Withdraw at least {format_yuan(least)}.", param="amount_fen")
    check_method(payee.method)
    for name, text in (("payee", payee.account), ("payee_name", payee.name)):
        if not 1 <= len(text.strip()) <= MAX_PAYEE or not text.isprintable():
            raise BadInput("required", f"Write 1 to {MAX_PAYEE} characters.", param=name)


def check_method(method: str) -> None:
    """Raise BadInput ``unknown_method`` for no way in which leaders are paid."""
    if method not in METHODS:
        raise BadInput("unknown_method", "Choose WeChat, Alipay or a bank account.", param="method")


def _insert(
    leader: Leader, amount_fen: int, payee: Payee, now: datetime, actor: str, key: str | None
) -> Withdrawal | None:
    values = {
        "number": ids.order_number(),
        "leader_id": leader.id,
        "state": _S.ASKED,
        "amount_fen": amount_fen,
        "fee_fen": 0,
        "tax_fen": 0,
        "month": ledger.period_of(now),
        "method": payee.method,
        "payee": payee.account.strip(),
        "payee_name": payee.name.strip(),
        "submission_key": key,
        "asked_at": now,
        "asked_by": actor,
    }
    statement = insert_into(Withdrawal).values(**values).on_conflict_do_nothing().returning(Withdrawal.id)
    row_id = db.session.execute(statement).scalar()
    return None if row_id is None else db.session.get_one(Withdrawal, row_id)


def _first(key: str | None) -> Withdrawal:
    first = first_of(Withdrawal, key)
    if first is None:
        raise RuntimeError("a withdrawal met another one of its number")
    return first


def _reckon(row: Withdrawal) -> None:
    """Set fee and tax of a withdrawal whose leader's balance is locked; raise RuleBroken ``fee_too_high``."""
    now = dials()
    earlier = select(total(Withdrawal.amount_fen), total(Withdrawal.tax_fen)).where(
        Withdrawal.leader_id == row.leader_id,
        Withdrawal.month == row.month,
        Withdrawal.state != _S.REJECTED,
        Withdrawal.id != row.id,
    )
    earlier_fen, earlier_tax = db.session.execute(earlier).one()
    row.tax_fen = rules.tax_due(
        row.amount_fen,
        earlier_fen=earlier_fen,
        earlier_tax_fen=earlier_tax,
        rate_bp=now.tax_bp,
        free_fen=now.tax_free_fen,
    )
    if now.withdrawal_fee_fen + row.tax_fen >= row.amount_fen:
        raise RuleBroken(
            "fee_too_high", "Fee and tax would leave nothing of this amount.", param="amount_fen"
        )
    row.fee_fen = now.withdrawal_fee_fen
    db.session.flush()


def approve(*, number: str, now: datetime, actor: str) -> Withdrawal:
    """Approve a withdrawal; above the limit it takes two persons. Again by the same one changes nothing new.

    Raise NotFound, RuleBroken ``wrong_state``, ``second_person``, ``decided_meanwhile``.
    """
    row = withdrawals.get_withdrawal(number)
    if row.asked_by == actor:
        raise RuleBroken("second_person", "Another person has to approve this as well.")
    limit = dials().second_person_fen
    state = rules.after_approval(
        row.state, row.amount_fen, limit_fen=limit, first=row.checked_by, actor=actor
    )
    if state == _S.CHECKED:
        values: dict[str, Any] = {"checked_by": actor}
    else:
        values = {"decided_by": actor, "decided_at": now}
    move(
        row, (WithdrawalState(row.state),), WithdrawalState(state), "withdrawal_approved", now, actor, values
    )
    return row


def reject(*, number: str, reason: str, now: datetime, actor: str, confirmed: bool = False) -> Withdrawal:
    """Refuse a withdrawal that is not paid and give the amount back to the leader's balance.

    ``confirmed`` says that nobody has paid it from the payout file in which it is. Raise NotFound, BadInput
    without a reason, RuleBroken ``in_file``, ``wrong_state``, ``decided_meanwhile``.
    """
    row = withdrawals.get_withdrawal(number)
    # Whoever makes a payout file meanwhile finds it refused, or is found here.
    db.session.refresh(row, with_for_update={"of": Withdrawal})
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", "Say why; the leader reads it.", param="reason")
    if row.batch_id is not None and row.state in rules.TO_DECIDE and not confirmed:
        raise RuleBroken(
            "in_file",
            f"This payout is in payout file {row.batch_id}: confirm that nobody has paid it from there.",
            param="confirmed",
        )
    values = {"decided_by": actor, "decided_at": now, "reason": reason}
    move(row, rules.TO_DECIDE, _S.REJECTED, "withdrawal_rejected", now, actor, values)
    _book(row, "back", ledger.withdrawal(row.leader_id), _balance(row), now, actor)
    return row


def note_paid(*, number: str, proof: str, now: datetime, actor: str) -> Withdrawal:
    """Note that an approved withdrawal has been paid, with its reference; again changes nothing.

    Raise NotFound, BadInput without a proof, RuleBroken ``wrong_state``, ``decided_meanwhile``.
    """
    row = withdrawals.get_withdrawal(number)
    proof = proof.strip()
    if not 1 <= len(proof) <= MAX_REASON:
        raise BadInput("required", "Write the reference of the payment.", param="proof")
    if row.state == _S.PAID and row.proof == proof:
        return row
    values = {"paid_by": actor, "paid_at": now, "proof": proof}
    move(row, (_S.APPROVED,), _S.PAID, "withdrawal_paid", now, actor, values)
    book_paid(row, ledger.BANK, now, actor)
    return row


def book_paid(row: Withdrawal, account: str, now: datetime, actor: str) -> None:
    """Book that a withdrawal has been paid out of an account, and its fee and tax."""
    on_the_way = ledger.withdrawal(row.leader_id)
    parts = (
        ("net", account, row.net_fen),
        ("fee", ledger.FEES, row.fee_fen),
        ("tax", ledger.TAX, row.tax_fen),
    )
    entries = [
        Entry(on_the_way, account, amount, "withdrawal", str(row.id), part)
        for part, account, amount in parts
        if amount
    ]
    service.post(entries, at=now, actor=actor)


def move(
    row: Withdrawal,
    old: Sequence[WithdrawalState],
    new: WithdrawalState,
    verb: str,
    now: datetime,
    actor: str,
    values: Mapping[str, Any],
) -> None:
    """Move a withdrawal by compare-and-swap; raise RuleBroken when it stands elsewhere."""
    former = row.state
    if former not in old:
        raise RuleBroken("wrong_state", "This withdrawal has been decided already.")
    if not move_state(row, former, new, **values):
        raise RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")
    note = {name: values[name] for name in ("reason", "proof") if name in values}
    _log(row, verb, now, actor, before={"state": former}, after={"state": new, **note})


def _book(row: Withdrawal, part: str, debit: str, credit: str, now: datetime, actor: str) -> None:
    service.post([Entry(debit, credit, row.amount_fen, "withdrawal", str(row.id), part)], at=now, actor=actor)


def _balance(row: Withdrawal) -> str:
    return ledger.commission(row.leader_id, "settled")


def _log(
    row: Withdrawal,
    verb: str,
    now: datetime,
    actor: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="withdrawal",
        subject=row.number,
        before=before,
        after=after,
    )
