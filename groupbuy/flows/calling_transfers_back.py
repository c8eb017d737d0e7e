"""Transfers called back before their payee confirms them (撤销转账): asked of WeChat until it answers."""

from datetime import datetime

from groupbuy.commissions import transfers
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.flows import transferring
from groupbuy.jobs import service as jobs
from groupbuy.kernel.errors import RuleBroken
from groupbuy.payments.charging import MAX_ERROR
from groupbuy.payments.gateways import FoundTransfer
from groupbuy.payments.rules import REFUND_LOOKS_S, next_look

BACK_JOB = "wechat_transfer_back"


def call_back(*, number: str, now: datetime, actor: str) -> WechatTransfer:
    """Let WeChat take back, after the commit, what the leader has not confirmed; again is the same.

    The withdrawal is approved again once WeChat says that it was taken back. Raise NotFound, RuleBroken
    ``not_waiting`` for what waits for nobody.
    """
    withdrawal = transfers.lock_withdrawal(number)
    found = transfers.latest_of([withdrawal.id]).get(withdrawal.id)
    row = None if found is None else transfers.lock(found.number)
    if row is not None and is_asked_back(row):
        return row
    if row is None or row.state != "waiting":
        raise RuleBroken("not_waiting", "Only what waits for the leader's confirmation can be called back.")
    row.state, row.called_back_at = "processing", now
    db.session.flush()
    jobs.enqueue(
        kind=BACK_JOB, key=f"{row.number}:{now.isoformat()}", payload={"transfer": row.number}, now=now
    )
    transfers.log(row, "transfer_called_back", now, actor, {"withdrawal": number})
    return row


def is_asked_back(row: WechatTransfer) -> bool:
    """Tell whether a transfer was called back and WeChat has not ended it yet."""
    return row.called_back_at is not None and row.state in transferring.OPEN


def is_to_ask(number: str) -> bool:
    """Tell whether WeChat is still to be asked for a transfer, and let go of what was read."""
    asked = is_asked_back(transfers.get_transfer(number))
    db.session.rollback()
    return asked


def take_answer(*, number: str, found: FoundTransfer, now: datetime) -> str:
    """Note what WeChat says of a transfer that was called back, and ask soon how it ends."""
    state = transferring.take_found(number=number, found=found, now=now)
    row = transfers.lock(number)
    if row.look_at is not None:
        row.look_at = min(row.look_at, now + next_look(0, REFUND_LOOKS_S))
    db.session.flush()
    return state


def note_refused(*, number: str, code: str, now: datetime) -> str:
    """Note that WeChat does not take a transfer back: its leader was quicker, or still may confirm it."""
    row = transfers.lock(number)
    if is_asked_back(row):
        row.called_back_at, row.look_at, row.last_error = None, now, code[:MAX_ERROR]
    db.session.flush()
    return row.state
