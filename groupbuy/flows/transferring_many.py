"""Several withdrawals sent through WeChat in one go: each is a try of its own with its own fate."""

from collections.abc import Collection
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.commissions import transfer_batches
from groupbuy.commissions.transfer_models import TransferBatch
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.flows import transferring
from groupbuy.kernel.errors import BadInput, RuleBroken


def send_many(
    *, numbers: Collection[str] | None, now: datetime, actor: str, submission_key: str | None = None
) -> TransferBatch:
    """Let approved withdrawals be paid through WeChat after the commit, all that ask for it if None is named.

    What cannot be sent is left out with its reason and holds nothing up. The same key again is the same
    batch. Raise BadInput ``too_many``, RuleBroken ``nothing_to_send`` where none can be sent.
    """
    key = own_key(actor, submission_key)
    if first := first_of(TransferBatch, key):
        return first
    if numbers is None:
        numbers = [row.number for row in transfer_batches.sendable()]
    numbers = list(dict.fromkeys(numbers))
    if len(numbers) > transfer_batches.MOST:
        sentence = f"Send at most {transfer_batches.MOST} withdrawals in one go."
        raise BadInput("too_many", sentence, param="numbers")
    batch_id = transfer_batches.begin(now=now, actor=actor, key=key)
    # Somebody with the same key was quicker, and has committed by now.
    return _first(key) if batch_id is None else _send(batch_id, numbers, now, actor)


def _first(key: str | None) -> TransferBatch:
    first = first_of(TransferBatch, key)
    if first is None:
        raise RuntimeError("a batch met another one of its key")
    return first


def _send(batch_id: int, numbers: Collection[str], now: datetime, actor: str) -> TransferBatch:
    known = transfer_batches.lock_in_order(numbers)
    unknown = (one for one in numbers if one not in known)
    left_out = [_left(one, "unknown_withdrawal", "There is no such withdrawal.") for one in unknown]
    for number in known:
        try:
            row = transferring.send(number=number, now=now, actor=actor, batch_id=batch_id)
        except RuleBroken as broken:
            left_out.append(_left(number, broken.code, broken.message))
        else:
            if row.batch_id != batch_id:
                left_out.append(_left(number, "on_its_way", "This withdrawal is on its way already."))
    if len(left_out) == len(numbers):
        raise RuleBroken("nothing_to_send", "None of these withdrawals waits to be sent through WeChat.")
    return _note(batch_id, left_out, now, actor)


def _left(number: str, code: str, message: str) -> dict[str, str]:
    return {"number": number, "code": code, "message": message}


def _note(batch_id: int, left_out: list[dict[str, str]], now: datetime, actor: str) -> TransferBatch:
    batch = transfer_batches.get_batch(batch_id)
    batch.left_out = left_out
    db.session.flush()
    payouts = transfer_batches.progress(batch_id)[1]
    audit.record(
        at=now,
        actor=actor,
        verb="transfers_sent",
        subject_kind="transfer_batch",
        subject=str(batch_id),
        after={"payouts": payouts, "left_out": len(left_out)},
    )
    return batch
