"""Where suppliers deliver to, as purchase orders say it."""

from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.purchasing.models import DeliveryPlace

MAX_ADDRESS = 200
ONLY = 1


def delivery_place() -> str:
    """Return the warehouse's address; empty while nobody has set it."""
    row = db.session.get(DeliveryPlace, ONLY)
    return row.address if row else ""


def set_delivery_place(*, address: str, now: datetime, actor: str) -> None:
    """Set the warehouse's address for purchase orders made from now on; again changes nothing.

    Older ones keep the address they were made with; only those made without one show the new one.
    Raise BadInput ``too_long``.
    """
    address = address.strip()
    if len(address) > MAX_ADDRESS:
        raise BadInput("too_long", f"An address has at most {MAX_ADDRESS} characters.", param="address")
    former = delivery_place()
    if address == former:
        return
    db.session.merge(DeliveryPlace(id=ONLY, address=address))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="delivery_place_set",
        subject_kind="settings",
        subject="delivery_place",
        before={"address": former},
        after={"address": address},
    )
