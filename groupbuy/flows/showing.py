"""Pictures of what was wrong, added to an after-sale case that nobody has decided yet."""

from collections.abc import Callable
from datetime import datetime

from groupbuy.aftersales import rules
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import CaseState
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken


def add_picture(*, case: AfterSaleCase, store: Callable[[], str], now: datetime, actor: Actor) -> None:
    """Add a picture to a case; ``store`` stores it and returns its path, only when there is room for it.

    Raise RuleBroken ``already_decided``, ``too_many``, and what ``store`` raises.
    """
    # Of two pictures at once the second counts the first; a decision waits for both.
    db.session.refresh(case, with_for_update={"of": AfterSaleCase})
    if case.state != CaseState.ASKED:
        raise RuleBroken("already_decided", "This case has been decided already.")
    if len(case.photos) >= rules.MAX_PHOTOS:
        raise RuleBroken("too_many", f"A case has at most {rules.MAX_PHOTOS} pictures.")
    path = store()
    case.photos = [*case.photos, path]
    db.session.flush()
    audit.record(
        at=now,
        actor=actor.name,
        verb="after_sale_photographed",
        subject_kind="after_sale_case",
        subject=case.number,
        after={"picture": path},
    )
