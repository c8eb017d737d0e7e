"""Where suppliers deliver to, as purchase orders say it, and where the day's tours begin."""

from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.rules import check_place
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


def depot() -> tuple[int, int] | None:
    """Return where the warehouse lies, in millionths of a degree; None while nobody has said it."""
    row = db.session.get(DeliveryPlace, ONLY)
    if row is None or row.latitude_e6 is None or row.longitude_e6 is None:
        return None
    return row.latitude_e6, row.longitude_e6


def set_depot(*, latitude_e6: int | None, longitude_e6: int | None, now: datetime, actor: str) -> None:
    """Say where the warehouse lies, or that nobody knows; again changes nothing. Raise BadInput."""
    place, former = check_place(latitude_e6, longitude_e6), depot()
    if place == former:
        return
    row = db.session.get(DeliveryPlace, ONLY) or DeliveryPlace(id=ONLY, address="")
    row.latitude_e6, row.longitude_e6 = place or (None, None)
    db.session.add(row)
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="depot_set",
        subject_kind="settings",
        subject="delivery_place",
        before={"place": former},
        after={"place": place},
    )
