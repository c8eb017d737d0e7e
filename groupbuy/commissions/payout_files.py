"""Payout files (付款文件): which there are, how far each is paid, and what is taken to the bank."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from groupbuy.audit import service as audit
from groupbuy.commissions.models import PayoutBatch, Withdrawal
from groupbuy.commissions.payout_sheets import payout_sheet
from groupbuy.db import db
from groupbuy.documents import csv_files, xlsx
from groupbuy.kernel.errors import NotFound

KINDS = {"xlsx": xlsx.CONTENT_TYPE, "csv": csv_files.CONTENT_TYPE}


def get_batch(batch_id: int) -> PayoutBatch:
    """Return a payout file's row; raise NotFound ``unknown_batch``."""
    found = db.session.get(PayoutBatch, batch_id)
    if found is None:
        raise NotFound("unknown_batch", "There is no such payout file.")
    return found


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
    rows = select(Withdrawal).options(joinedload(Withdrawal.leader)).where(Withdrawal.batch_id == batch.id)
    sheet = payout_sheet(batch, db.session.scalars(rows.order_by(Withdrawal.id)).all())
    return xlsx.write_xlsx([sheet]) if kind == "xlsx" else csv_files.csv_for_people(sheet)


def note_taken(batch_id: int, *, now: datetime, actor: str) -> None:
    """Log who took a payout file, with the names and accounts in it."""
    audit.record(
        at=now, actor=actor, verb="payout_file_taken", subject_kind="payout_batch", subject=str(batch_id)
    )
