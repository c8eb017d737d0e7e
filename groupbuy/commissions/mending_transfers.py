"""What WeChat has paid and is not booked: another amount, or a withdrawal that had gone another way.

The money has left, so it is booked as it is. What it was paid for is paid; what the leader got above that
comes off the settled commission, which may fall below zero and is carried, and what is missing goes back
into it. Above the limit of refunds two persons agree on that, each after a look at WeChat's own pages.
"""

from datetime import datetime

from groupbuy.commissions import transfers
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.commissions.withdrawing import MAX_REASON
from groupbuy.db import db
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.finance.dials import check_person, dials
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import MAX_FEN

CAUSE = "wechat_transfer"


def amount_of(row: WechatTransfer) -> int | None:
    """Return what a mispaid transfer has paid, in fen: as WeChat says, or else as somebody has noted."""
    return row.paid_fen or row.mend_fen


def difference(row: WechatTransfer, paid_fen: int) -> int:
    """Return what a mispaid transfer has brought above its withdrawal, in fen; may be below zero."""
    due = row.amount_fen if transfers.is_still_to_pay(row.withdrawal) else 0
    return paid_fen - due


def mend(
    *, number: str, reason: str, now: datetime, actor: str, paid_fen: int | None = None
) -> WechatTransfer:
    """Book what a mispaid transfer has paid, and the difference with its leader; again changes nothing.

    Where WeChat does not say how much it has paid, ``paid_fen`` does. A difference above the limit is noted
    only, and booked when another person wants the same. Raise NotFound, BadInput without a reason or for an
    amount that is none, RuleBroken ``not_mispaid``, ``unknown_amount``, ``other_amount``, ``second_person``,
    ``no_person``.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", "Say what WeChat's own pages show.", param="reason")
    row = transfers.lock(number)
    if row.state == "mended":
        return row
    amount = _checked_amount(row, paid_fen)
    over = difference(row, amount)
    said = {"paid_fen": amount, "difference_fen": over, "reason": reason}
    if _agreed(row, over, amount, actor):
        row.paid_fen = amount
        if transfers.is_still_to_pay(row.withdrawal):
            transfers.pay(row, now=now, actor=actor)
        _book(row, over, now, actor)
        row.state, row.last_error = "mended", reason
        transfers.log(row, "transfer_mended", now, actor, said)
    else:
        row.mend_fen, row.mend_asked_by = amount, actor
        transfers.log(row, "transfer_mend_asked", now, actor, said)
    db.session.flush()
    return row


def _checked_amount(row: WechatTransfer, paid_fen: int | None) -> int:
    if row.state != "mispaid":
        raise RuleBroken("not_mispaid", "Only what WeChat has paid and is not booked is put right here.")
    if paid_fen is not None and not 0 < paid_fen <= MAX_FEN:
        raise BadInput("out_of_range", "The amount is more than nothing.", param="paid_fen")
    if row.paid_fen and paid_fen not in (None, row.paid_fen):
        raise RuleBroken("other_amount", "WeChat itself says how much it has paid.", param="paid_fen")
    amount = paid_fen or amount_of(row)
    if not amount:
        raise RuleBroken("unknown_amount", "WeChat has not said how much it has paid.", param="paid_fen")
    return amount


def _agreed(row: WechatTransfer, over: int, amount: int, actor: str) -> bool:
    """Tell whether nobody else has to agree; raise RuleBroken for who asks once more."""
    if abs(over) <= dials().second_person_fen:
        return True
    check_person(actor)
    if row.mend_fen != amount or row.mend_asked_by is None:
        return False
    if row.mend_asked_by == actor:
        raise RuleBroken("second_person", "Another person has to approve this as well.")
    return True


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
