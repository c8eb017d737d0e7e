"""Payout files (付款文件): made of approved withdrawals, taken to the bank, followed until each is paid."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import joinedload

from groupbuy.audit import service as audit
from groupbuy.commissions import withdrawing
from groupbuy.commissions.models import PayoutBatch, Withdrawal
from groupbuy.commissions.payout_sheets import payout_sheet
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.db import db
from groupbuy.documents import csv_files, xlsx
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken

KINDS = {"xlsx": xlsx.CONTENT_TYPE, "csv": csv_files.CONTENT_TYPE}


@dataclass(frozen=True, slots=True)
class Result:
    """What the bank says of a withdrawal: paid with a reference, or else why it is not."""

    number: str
    proof: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A withdrawal of which the result was not noted, and why."""

    number: str
    code: str
    message: str


def make(*, method: str | None = None, now: datetime, actor: str) -> PayoutBatch:
    """Put every approved withdrawal that is in no file yet, or those of one way of paying, into one.

    Raise RuleBroken ``nothing_to_pay``, BadInput ``unknown_method``.
    """
    waiting = (Withdrawal.state == WithdrawalState.APPROVED, Withdrawal.batch_id.is_(None), *_by(method))
    locked = select(Withdrawal).where(*waiting).order_by(Withdrawal.id).with_for_update(of=Withdrawal)
    rows = db.session.scalars(locked.execution_options(populate_existing=True)).all()
    if not rows:
        raise RuleBroken("nothing_to_pay", "No approved withdrawal waits for a payout file.")
    net_fen = sum(row.net_fen for row in rows)
    batch = PayoutBatch(made_at=now, made_by=actor, payouts=len(rows), net_fen=net_fen)
    db.session.add(batch)
    db.session.flush()
    mine = update(Withdrawal).where(Withdrawal.id.in_([row.id for row in rows]), *waiting)
    db.session.execute(mine.values(batch_id=batch.id))
    _log(batch.id, "payout_batch_made", now, actor, {"payouts": batch.payouts, "net_fen": net_fen})
    return batch


def _by(method: str | None) -> list[ColumnElement[bool]]:
    if method is None:
        return []
    withdrawing.check_method(method)
    return [Withdrawal.method == method]


def get_batch(batch_id: int) -> PayoutBatch:
    """Return a payout file's row; raise NotFound ``unknown_batch``."""
    found = db.session.get(PayoutBatch, batch_id)
    if found is None:
        raise NotFound("unknown_batch", "There is no such payout file.")
    return found


def withdrawals_in(batch_id: int) -> Sequence[Withdrawal]:
    """Return the withdrawals of a payout file with their leaders, as they stand in it."""
    rows = select(Withdrawal).options(joinedload(Withdrawal.leader)).where(Withdrawal.batch_id == batch_id)
    return db.session.scalars(rows.order_by(Withdrawal.id)).all()


def standing(batch_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """Return by payout file how many of its withdrawals are in each state."""
    rows = (
        select(PayoutBatch.id, Withdrawal.state, func.count())
        .join(Withdrawal, Withdrawal.batch_id == PayoutBatch.id)
        .where(PayoutBatch.id.in_(batch_ids))
        .group_by(PayoutBatch.id, Withdrawal.state)
    )
    found: dict[int, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, state, count in db.session.execute(rows):
        found[batch_id][state] = count
    return found


def content_of(batch: PayoutBatch, kind: str) -> bytes:
    """Return a payout file as ``xlsx`` or ``csv``: every withdrawal that was put into it, and who gets it."""
    sheet = payout_sheet(batch, withdrawals_in(batch.id))
    return xlsx.write_xlsx([sheet]) if kind == "xlsx" else csv_files.csv_for_people(sheet)


def note_taken(batch_id: int, *, now: datetime, actor: str) -> None:
    """Log who took a payout file, with the names and accounts in it."""
    _log(batch_id, "payout_file_taken", now, actor)


def note_results(*, batch_id: int, results: Sequence[Result], now: datetime, actor: str) -> Sequence[LeftOut]:
    """Note what the bank has paid of a payout file and what it has not, which goes back to the leader.

    What cannot be noted, such as what was rejected before, is left out with its reason and holds nothing up.
    Raise NotFound, BadInput for a result that says both or nothing of a withdrawal.
    """
    for place, one in enumerate(results):
        if bool(one.proof.strip()) is bool(one.reason.strip()):
            sentence = "Write the reference of the payment, or why it failed."
            raise BadInput("required", sentence, param=f"results[{place}].proof")
    mine = {row.number: row.id for row in withdrawals_in(get_batch(batch_id).id)}
    # In the order of their keys, so that two who enter results do not wait for each other.
    ordered = sorted(results, key=lambda one: mine.get(one.number, 0))
    found = [(one, _note(one, mine, now, actor)) for one in ordered]
    return [LeftOut(one.number, error.code, error.message) for one, error in found if error is not None]


def _note(one: Result, mine: Collection[str], now: datetime, actor: str) -> NotFound | RuleBroken | None:
    """Note one result; return why it cannot be."""
    if one.number not in mine:
        return NotFound("unknown_withdrawal", "This withdrawal is not in the payout file.")
    usual: dict[str, Any] = {"number": one.number, "now": now, "actor": actor}
    try:
        if one.proof.strip():
            withdrawing.note_paid(**usual, proof=one.proof)
        else:
            withdrawing.reject(**usual, reason=one.reason, confirmed=True)
    except RuleBroken as broken:
        return broken
    return None


def _log(batch_id: int, verb: str, now: datetime, actor: str, after: Mapping[str, Any] | None = None) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="payout_batch", subject=str(batch_id), after=after
    )
