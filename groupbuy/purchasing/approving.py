"""Whether purchase orders wait for somebody's approval before they leave."""

from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.purchasing.models import PurchasingDials

ONLY = 1


def approve_first() -> bool:
    """Tell whether every order waits as a draft until it is approved; not so unless somebody chose it."""
    row = db.session.get(PurchasingDials, ONLY)
    return row is not None and row.approve_first


def set_approve_first(*, wanted: bool, now: datetime, actor: str) -> None:
    """Choose it for the rounds that close from now on; again changes nothing."""
    former = approve_first()
    if wanted == former:
        return
    db.session.merge(PurchasingDials(id=ONLY, approve_first=wanted))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="purchasing_set",
        subject_kind="settings",
        subject="purchasing",
        before={"approve_first": former},
        after={"approve_first": wanted},
    )
