"""Withdrawals sent through WeChat in one go, as rows: which were taken, which were left out and why."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.commissions.transfer_models import TransferBatch, WechatTransfer
from groupbuy.commissions.transfers import CHANNEL
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import NotFound

# What is more is sent in another go: withdrawals are locked until the commit.
MOST = 500
# Nothing more happens to these by itself.
OVER = ("success", "failed", "mispaid", "mended", "stuck")


def sendable() -> Sequence[Withdrawal]:
    """Return approved withdrawals that ask for WeChat and are in no payout file, the oldest first."""
    wanted = (
        Withdrawal.state == WithdrawalState.APPROVED,
        Withdrawal.method == CHANNEL,
        Withdrawal.batch_id.is_(None),
    )
    rows = select(Withdrawal).options(joinedload(Withdrawal.leader)).where(*wanted)
    return db.session.scalars(rows.order_by(Withdrawal.id).limit(MOST)).all()


def lock_in_order(numbers: Collection[str]) -> Sequence[str]:
    """Lock withdrawals in the order of their keys and return their numbers so; unknown ones are left out."""
    rows = select(Withdrawal.number).where(Withdrawal.number.in_(numbers)).order_by(Withdrawal.id)
    return db.session.scalars(rows.with_for_update()).all()


def begin(*, now: datetime, actor: str, key: str | None) -> int | None:
    """Note a new batch and return its id; None where its key has made one already."""
    values = {"made_at": now, "made_by": actor, "submission_key": key, "left_out": []}
    statement = insert_into(TransferBatch).values(**values).on_conflict_do_nothing()
    return db.session.execute(statement.returning(TransferBatch.id)).scalar()


def get_batch(batch_id: int) -> TransferBatch:
    """Return a batch; raise NotFound."""
    found = db.session.get(TransferBatch, batch_id)
    if found is None:
        raise NotFound("unknown_batch", "Nothing was sent together under this number.")
    return found


def standing(batch_id: int) -> Mapping[str, tuple[int, int]]:
    """Return by state how many transfers of a batch there are and what they come to, in fen."""
    sums: Any = (WechatTransfer.state, func.count(), func.sum(WechatTransfer.amount_fen))
    rows = select(*sums).where(WechatTransfer.batch_id == batch_id).group_by(WechatTransfer.state)
    return {state: (count, int(fen)) for state, count, fen in db.session.execute(rows)}


def progress(batch_id: int) -> tuple[int, int]:
    """Return how many transfers of a batch are over, and how many there are."""
    counts = {state: count for state, (count, _) in standing(batch_id).items()}
    return sum(counts.get(state, 0) for state in OVER), sum(counts.values())
