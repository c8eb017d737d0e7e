"""What phones handed out without a connection and did not fit, of all leaders, and what was decided."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, case, or_, select

from groupbuy.campaigns.models import Round
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.pickup.models import PickupEvent

# ``open`` waits for a decision; decided it was ``booked`` after all, or the goods were ``gone`` or ``here``.
STATES = ("open", "booked", "gone", "here")
_STATE = case(
    (PickupEvent.outcome == "conflict", "open"),
    (PickupEvent.outcome == "done", "booked"),
    else_=PickupEvent.decision,
)


def all_conflicts(
    leader_ids: Collection[int] | None, *, state: str | None = None
) -> Select[*tuple[Any, ...]]:
    """Select the events that did not fit with ``state``, leader, order, round and resident.

    Of some leaders, or None for all. Order, round and resident are None where no such order exists.
    """
    rows = (
        select(PickupEvent, _STATE.label("state"), Leader, Order, Round, Resident)
        .join(Leader, Leader.id == PickupEvent.leader_id)
        .outerjoin(Order, Order.number == PickupEvent.order_no)
        .outerjoin(Round, Round.id == Order.round_id)
        .outerjoin(Resident, Resident.id == Order.resident_id)
        .where(or_(PickupEvent.outcome != "done", PickupEvent.decided_at.is_not(None)))
    )
    if leader_ids is not None:
        rows = rows.where(PickupEvent.leader_id.in_(leader_ids))
    return rows if state is None else rows.where(_STATE.in_((state,)))
