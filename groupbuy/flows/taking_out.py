"""Goods leave the stock for no round; what goes back to its supplier is owed less from that moment."""

from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.actor import Actor
from groupbuy.catalog.models import Product, Supplier
from groupbuy.settlements import returns
from groupbuy.warehouse import issuing
from groupbuy.warehouse.models import StockIssue


def take_out(
    *,
    product: Product,
    kind: str,
    units: int,
    reason: str,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
    submission_key: str | None = None,
    batch_id: int | None = None,
    supplier: Supplier | None = None,
) -> StockIssue:
    """Write goods off or return them to a supplier that brought them, as ``issuing.issue``; raise as that."""
    issue = issuing.issue(
        product=product,
        kind=kind,
        units=units,
        reason=reason,
        now=now,
        zone=zone,
        actor=actor.name,
        submission_key=submission_key,
        batch_id=batch_id,
        supplier=supplier,
    )
    returns.take_off(issue, now=now)
    return issue
