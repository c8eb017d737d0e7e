"""Photos of what was rejected of a delivery."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.warehouse.models import GoodsReceipt, RejectionPhoto

MOST = 8


def add(*, receipt: GoodsReceipt, path: str, now: datetime, actor: str) -> None:
    """Add a picture that has been stored to a receipt; raise RuleBroken ``too_many``."""
    # Of two people at once the second counts what the first has added.
    db.session.execute(select(GoodsReceipt.id).where(GoodsReceipt.id == receipt.id).with_for_update())
    count = select(func.count()).where(RejectionPhoto.goods_receipt_id == receipt.id)
    if (db.session.scalar(count) or 0) >= MOST:
        raise RuleBroken("too_many", f"A receipt has at most {MOST} photos.")
    db.session.add(RejectionPhoto(goods_receipt_id=receipt.id, path=path, at=now, actor=actor))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="rejection_photographed",
        subject_kind="goods_receipt",
        subject=receipt.number,
        after={"picture": path},
    )


def photos_of(receipt_id: int) -> Sequence[RejectionPhoto]:
    """Return the photos of a receipt in the order in which they were added."""
    chosen = select(RejectionPhoto).where(RejectionPhoto.goods_receipt_id == receipt_id)
    return db.session.scalars(chosen.order_by(RejectionPhoto.id)).all()
