"""What is done to orders, in the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.orders.models import Order


def log_order(
    order: Order,
    verb: str,
    now: datetime,
    actor: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a deed to an order, with what it changed."""
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="order",
        subject=order.number,
        before=before,
        after=after,
    )
