"""Withdrawals paid through WeChat: sent once, followed until each is paid or certainly is not."""

from datetime import datetime, timedelta

from groupbuy.commissions import transfers
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.jobs import service as jobs
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER
from groupbuy.notices.telling import Notice
from groupbuy.payments import gateways
from groupbuy.payments.charging import LOOK_JOB, MAX_ERROR
from groupbuy.payments.gateways import FoundTransfer, Sending
from groupbuy.payments.rules import REFUND_LOOKS_S, REFUND_PATIENCE, next_look

TRANSFER_JOB = "wechat_transfer"
OPEN = ("queued", "processing", "waiting", "refused")
ENDED = ("success", "mispaid", "mended")
# No call of ours is on its way any more so long after the last one was answered: each waits ten seconds.
CALM = timedelta(minutes=5)
MAX_REASON = 200


def send(
    *,
    number: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
    batch_id: int | None = None,
) -> WechatTransfer:
    """Let an approved withdrawal be paid through WeChat after the commit; again it is the same transfer.

    After a failed one it is another, under another number. Raise NotFound, and RuleBroken ``wrong_state``,
    ``in_file``, ``not_wechat``, ``no_wechat``.
    """
    row, fresh = transfers.begin(
        number=number, now=now, actor=actor, submission_key=submission_key, batch_id=batch_id
    )
    if fresh:
        jobs.enqueue(kind=TRANSFER_JOB, key=row.number, payload={"transfer": row.number}, now=now)
    return row


def to_send(number: str, *, now: datetime) -> Sending | None:
    """Return what to ask of WeChat, and let go of what was read; None for what was answered before.

    WeChat forgets transfers after a month: what it has not answered for days is not sent again.
    """
    row = transfers.get_transfer(number)
    waits = row.state == "queued" and now - row.asked_at < REFUND_PATIENCE
    sending = Sending(row.number, row.amount_fen, row.payee, row.payee_name) if waits else None
    db.session.rollback()
    return sending


def take_found(*, number: str, found: FoundTransfer, now: datetime) -> str:
    """Note what WeChat says of a transfer, as often and in whatever order; return the state it is in now."""
    row = transfers.lock(number)
    if row.state in ENDED:
        return row.state
    row.reference = found.transaction or row.reference
    if found.state == gateways.SUCCESS:
        transfers.succeed(row, paid_fen=found.amount_fen, at=found.at or now, now=now)
    elif row.state == "failed":
        return row.state
    elif found.state == gateways.FAILED:
        transfers.fail(row, reason=found.reason or "FAIL", now=now)
    elif found.state == gateways.UNKNOWN:
        _take_unknown(row, now)
    elif row.state in OPEN:
        _follow(row, found, now)
    db.session.flush()
    return row.state


def _take_unknown(row: WechatTransfer, now: datetime) -> None:
    """Give up what WeChat has refused and does not have; whatever else it does not know is asked again."""
    if row.state == "refused":
        transfers.fail(row, reason=row.last_error or "REFUSED", now=now)
    else:
        sentence = "WeChat does not know this transfer."
        row.last_error = sentence


def _follow(row: WechatTransfer, found: FoundTransfer, now: datetime) -> None:
    # What is called back waits for its leader no longer, whatever an answer says that was on its way.
    waits = found.state == gateways.WAITING and row.called_back_at is None
    row.state = "waiting" if waits else "processing"
    row.package = found.package or row.package
    row.last_error = None
    row.look_at = row.look_at or now + next_look(row.looks, REFUND_LOOKS_S)
    if waits:
        _tell(row, now)


def _tell(row: WechatTransfer, now: datetime) -> None:
    """Tell the leader once that the money waits for a confirmation."""
    values = {"withdrawal": row.withdrawal.number, "amount": format_yuan(row.amount_fen)}
    who = recipient(LEADER, row.withdrawal.leader_id)
    telling.tell([Notice(f"transfer-{row.number}", "transfer_waits", who, values)], now=now)


def note_refused(*, number: str, code: str, now: datetime) -> str:
    """Note that WeChat has refused a transfer; it is over once WeChat, asked later, does not have it."""
    row = transfers.lock(number)
    if row.state == "queued":
        row.state, row.look_at, row.last_error = "refused", now + CALM, code[:MAX_ERROR]
    db.session.flush()
    return row.state


def note_failure(*, number: str, error: str) -> None:
    """Note why WeChat could not be asked; it is asked again. What it refused before stays to be read."""
    row = transfers.lock(number)
    if row.state not in ("refused", "failed", *ENDED):
        row.last_error = error[:MAX_ERROR]
    db.session.flush()


def give_up_waiting(*, number: str, now: datetime) -> str:
    """Leave a transfer to a person that WeChat has not answered in days."""
    row = transfers.lock(number)
    if row.state == "queued":
        _stick(row, now)
    return row.state


def queue_look(*, transfer_id: int, now: datetime) -> str | None:
    """Queue the question to WeChat, or after ten days leave the transfer to a person.

    What WeChat says later is still taken in. None when somebody else has done so.
    """
    row = db.session.get(WechatTransfer, transfer_id, with_for_update=True, populate_existing=True)
    if row is None or row.look_at is None or row.look_at > now:
        return None
    if now - row.asked_at >= REFUND_PATIENCE:
        _stick(row, now)
        return "stuck"
    row.looks += 1
    row.look_at = now + next_look(row.looks, REFUND_LOOKS_S)
    key = f"{row.number}:{row.looks}"
    jobs.enqueue(kind=LOOK_JOB, key=key, payload={"transfer": row.number}, now=now)
    return "queued"


def _stick(row: WechatTransfer, now: datetime) -> None:
    row.state, row.look_at = "stuck", None
    transfers.blame(row, f"Not ended at WeChat after {REFUND_PATIENCE.days} days; look there first.", now)


def _can_end(row: WechatTransfer) -> bool:
    """Tell whether a person may end a try: not before WeChat was asked again for what it has refused."""
    return row.state == "stuck" or (row.state == "refused" and row.looks > 0)


def release(*, number: str, reason: str, now: datetime, actor: str) -> WechatTransfer:
    """End the try of a withdrawal that WeChat has refused, or that is stuck, once a person has looked there.

    Raise NotFound, BadInput without a reason, RuleBroken ``may_be_paid`` while WeChat may still pay.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", "Say what WeChat's own pages show.", param="reason")
    withdrawal = transfers.lock_withdrawal(number)
    row = transfers.latest_of([withdrawal.id]).get(withdrawal.id)
    if row is None or not _can_end(transfers.lock(row.number)):
        raise RuleBroken("may_be_paid", "WeChat may still pay this, or it has ended.")
    transfers.fail(row, reason=reason, now=now, actor=actor)
    return row
