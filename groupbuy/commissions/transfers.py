"""Tries to pay withdrawals through WeChat as rows, and what they do to their withdrawals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.accounts import wechat
from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.commissions import withdrawing
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.finance import rules as ledger
from groupbuy.kernel import ids
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan

CHANNEL = "wechat"
# Nothing more is asked of WeChat for these, and a new try may follow.
GIVEN_UP = ("failed", "mispaid", "mended")
# WeChat has refused one, does not say what became of it, or has paid what is not booked.
TO_LOOK_AT = ("refused", "stuck", "mispaid")
_S = WithdrawalState


def begin(
    *,
    number: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
    batch_id: int | None = None,
) -> tuple[WechatTransfer, bool]:
    """Note that an approved withdrawal is about to be sent through WeChat; tell whether it is a new try.

    While one lives, or with the same key, it is the same try. Raise NotFound, RuleBroken as ``check`` does.
    """
    row = lock_withdrawal(number)
    key = own_key(row.id, submission_key)
    if former := _live(row.id) or first_of(WechatTransfer, key):
        return former, False
    payee = check(row)
    withdrawing.move(row, (_S.APPROVED,), _S.SENDING, "withdrawal_sent", now, actor, {})
    transfer = WechatTransfer(
        number=f"T{ids.order_number()}",
        withdrawal_id=row.id,
        amount_fen=row.net_fen,
        payee=payee,
        payee_name=row.payee_name,
        batch_id=batch_id,
        asked_at=now,
        actor=actor,
        submission_key=key,
    )
    db.session.add(transfer)
    db.session.flush()
    log(transfer, "transfer_begun", now, actor, {"amount_fen": row.net_fen, "withdrawal": row.number})
    return transfer, True


def check(row: Withdrawal) -> str:
    """Return the WeChat user who gets a withdrawal; raise RuleBroken with what stands in the way."""
    if row.state != _S.APPROVED:
        raise RuleBroken("wrong_state", "Only an approved withdrawal that is not paid can be sent.")
    if row.batch_id is not None:
        raise RuleBroken("in_file", "This withdrawal is in a payout file; it is paid from there.")
    if row.method != CHANNEL:
        raise RuleBroken("not_wechat", "The leader has not asked to be paid through WeChat.")
    account_id = row.leader.account_id
    payee = wechat.openid_of(account_id) if account_id is not None else None
    if payee is None:
        raise RuleBroken("no_wechat", "The leader's account is not linked to WeChat.")
    return payee


def lock_withdrawal(number: str) -> Withdrawal:
    """Lock a withdrawal until the transaction ends and read it anew; raise NotFound."""
    row = select(Withdrawal).where(Withdrawal.number == number).with_for_update(of=Withdrawal)
    found = db.session.scalar(row.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("unknown_withdrawal", "There is no such withdrawal.")
    return found


def _live(withdrawal_id: int) -> WechatTransfer | None:
    mine = (WechatTransfer.withdrawal_id == withdrawal_id, WechatTransfer.state.not_in(GIVEN_UP))
    return db.session.scalar(select(WechatTransfer).where(*mine))


def get_transfer(number: str) -> WechatTransfer:
    """Return a transfer by WeChat; raise NotFound."""
    found = db.session.scalar(select(WechatTransfer).where(WechatTransfer.number == number))
    if found is None:
        raise NotFound("unknown_transfer", "There is no such transfer.")
    return found


def lock(number: str) -> WechatTransfer:
    """Lock a transfer, its withdrawal before it, and read both anew; raise NotFound."""
    found = get_transfer(number)
    lock_withdrawal(found.withdrawal.number)
    row = select(WechatTransfer).where(WechatTransfer.id == found.id).with_for_update(of=WechatTransfer)
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def latest_of(withdrawal_ids: Sequence[int]) -> Mapping[int, WechatTransfer]:
    """Return the last try of each withdrawal that has one, by the withdrawal."""
    mine = select(WechatTransfer).where(WechatTransfer.withdrawal_id.in_(withdrawal_ids))
    return {row.withdrawal_id: row for row in db.session.scalars(mine.order_by(WechatTransfer.id))}


def due_to_look(now: datetime, *, most: int) -> Sequence[WechatTransfer]:
    """Return transfers of which WeChat is to be asked, the longest due first."""
    due = select(WechatTransfer).where(WechatTransfer.look_at <= now)
    return db.session.scalars(due.order_by(WechatTransfer.look_at).limit(most)).all()


def succeed(row: WechatTransfer, *, paid_fen: int, at: datetime, now: datetime) -> None:
    """Note that WeChat has paid a locked transfer, and with it the withdrawal, which it books.

    One that was given up pays its withdrawal still, unless that has gone another way; then it is mispaid, as
    is another amount: nothing is booked, and nobody sends or pays anything more for the withdrawal.
    """
    late = row.state == "failed"
    row.ended_at, row.look_at, row.package, row.paid_fen = at, None, None, paid_fen or None
    if late and not is_still_to_pay(row.withdrawal):
        _hold(row, "WeChat has paid this after the withdrawal went another way.", now)
    elif not paid_fen:
        _hold(row, "WeChat has paid this and does not say how much.", now)
    elif paid_fen != row.amount_fen:
        _hold(row, f"WeChat has paid {format_yuan(paid_fen)}.", now)
    else:
        row.state, row.last_error = "success", None
        pay(row, now=now, actor=SCHEDULER)
        db.session.flush()
        log(row, "transfer_succeeded", now, SCHEDULER, {"amount_fen": paid_fen, "reference": row.reference})


def _hold(row: WechatTransfer, sentence: str, now: datetime) -> None:
    """Leave what WeChat has paid to a person; its withdrawal is not approved again meanwhile."""
    row.state = "mispaid"
    if is_still_to_pay(row.withdrawal) and row.withdrawal.state == _S.APPROVED:
        withdrawing.move(row.withdrawal, (_S.APPROVED,), _S.SENDING, "withdrawal_sent", now, SCHEDULER, {})
    blame(row, sentence, now)


def is_still_to_pay(row: Withdrawal) -> bool:
    """Tell whether a locked withdrawal is neither paid nor on another way: no file, no other try."""
    return row.state in (_S.SENDING, _S.APPROVED) and row.batch_id is None and _live(row.id) is None


def pay(row: WechatTransfer, *, now: datetime, actor: str) -> None:
    """Note the withdrawal of a locked transfer as paid by it, and book that."""
    withdrawal = row.withdrawal
    values = {"paid_by": row.actor, "paid_at": row.ended_at, "proof": row.reference or row.number}
    withdrawing.move(withdrawal, (_S.SENDING, _S.APPROVED), _S.PAID, "withdrawal_paid", now, actor, values)
    withdrawing.book_paid(withdrawal, ledger.channel(CHANNEL), now, actor)


def fail(row: WechatTransfer, *, reason: str, now: datetime, actor: str = SCHEDULER) -> None:
    """Note that a locked transfer will not be paid; its withdrawal is approved again."""
    row.state, row.ended_at, row.look_at, row.package = "failed", now, None, None
    row.last_error = reason[: withdrawing.MAX_REASON]
    values: dict[str, Any] = {}
    withdrawing.move(row.withdrawal, (_S.SENDING,), _S.APPROVED, "withdrawal_not_sent", now, actor, values)
    db.session.flush()
    log(row, "transfer_failed", now, actor, {"reason": row.last_error})


def blame(row: WechatTransfer, sentence: str, now: datetime) -> None:
    """Note what is wrong with a locked transfer; a person looks at it."""
    row.last_error = sentence[: withdrawing.MAX_REASON]
    db.session.flush()
    log(row, "transfer_stuck", now, SCHEDULER, {"error": row.last_error})


def log(row: WechatTransfer, verb: str, now: datetime, actor: str, after: Mapping[str, Any]) -> None:
    """Write what became of a transfer into the audit log."""
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="wechat_transfer", subject=row.number, after=after
    )
