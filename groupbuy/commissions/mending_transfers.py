"""What WeChat has paid and is not booked: another amount, or a withdrawal that had gone another way.

The money has left, so it is booked as it is. What it was paid for is paid; what the leader got above that
comes off the settled commission, which may fall below zero and is carried, and what is missing goes back
into it.
"""

from datetime import datetime

from groupbuy.commissions import transfers
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.commissions.withdrawing import MAX_REASON
from groupbuy.db import db
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.kernel.errors import BadInput, RuleBroken

CAUSE = "wechat_transfer"


def difference(row: WechatTransfer) -> int:
    """Return what a mispaid transfer has brought above its withdrawal, in fen; may be below zero."""
    due = row.amount_fen if transfers.is_still_to_pay(row.withdrawal) else 0
    return (row.paid_fen or 0) - due


def mend(*, number: str, reason: str, now: datetime, actor: str) -> WechatTransfer:
    """Book what a mispaid transfer has paid, and the difference with its leader; again changes nothing.

    Raise NotFound, BadInput without a reason, RuleBroken ``not_mispaid``, ``unknown_amount``.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", "Say what WeChat's own pages show.", param="reason")
    row = transfers.lock(number)
    if row.state == "mended":
        return row
    _check(row)
    over = difference(row)
    if transfers.is_still_to_pay(row.withdrawal):
        transfers.pay(row, now=now, actor=actor)
    _book(row, over, now, actor)
    row.state, row.last_error = "mended", reason
    db.session.flush()
    after = {"paid_fen": row.paid_fen, "difference_fen": over, "reason": reason}
    transfers.log(row, "transfer_mended", now, actor, after)
    return row


def _check(row: WechatTransfer) -> None:
    if row.state != "mispaid":
        raise RuleBroken("not_mispaid", "Only what WeChat has paid and is not booked is put right here.")
    if not row.paid_fen:
        raise RuleBroken("unknown_amount", "WeChat has not said how much it has paid.")


def _book(row: WechatTransfer, over: int, now: datetime, actor: str) -> None:
    settled = ledger.commission(row.withdrawal.leader_id, "settled")
    entries = ledger.move(
        settled,
        ledger.channel(transfers.CHANNEL),
        over,
        cause_kind=CAUSE,
        cause_id=str(row.id),
        part="mend",
    )
    service.post(entries, at=now, actor=actor, may_owe=True)
