"""Another leader hands out: what becomes of orders that were to be brought to the door (送货上门).

They are still brought, for the fee that was agreed, where the other leader brings orders too and is of the
same community, so that a door such as 3-501 is found. Else they are fetched and the fee goes back. What was
given up stays so when the re-routing is undone: nobody pays for a door without having asked for it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from groupbuy.audit.actor import Actor
from groupbuy.flows.order_log import log_order
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.orders import carriage, fees
from groupbuy.orders.carriage import TO_DOOR
from groupbuy.orders.models import Order


def still_brings(old: Leader, new: Leader) -> bool:
    """Tell whether a leader brings to the doors that another one would have gone to."""
    near = old.community_id is not None and old.community_id == new.community_id
    return near and new.door_fee_fen is not None


def reckon(going: Sequence[Order], *, old: Leader, new: Leader) -> tuple[int, int, int]:
    """Return how many orders are still brought, how many are fetched instead, and the fen that go back."""
    to_door = _to_door(going)
    if still_brings(old, new):
        return len(to_door), 0, 0
    return 0, len(to_door), sum(fee_fen for _, fee_fen in to_door)


def give_up(
    going: Sequence[Order], *, old: Leader, new: Leader, now: datetime, actor: Actor
) -> Mapping[int, int]:
    """Let locked orders be fetched whose door nobody goes to now; return by resident what goes back."""
    lost: dict[int, int] = defaultdict(int)
    if still_brings(old, new):
        return lost
    for order, fee_fen in _to_door(going):
        carriage.forget(order.id)
        fees.charge(order=order, kind=fees.DOOR, amount_fen=0)
        log_order(
            order,
            "order_way_chosen",
            now,
            actor.name,
            before={"way": TO_DOOR, "fee_fen": fee_fen},
            after={"way": None, "fee_fen": 0},
        )
        lost[order.resident_id] += fee_fen
    return lost


def _to_door(going: Sequence[Order]) -> list[tuple[Order, int]]:
    """Return the orders that were to be brought to the door, with the fee of each."""
    ways, carried = carriage.carriages_of([order.id for order in going]), fees.carried_by(going)
    return [
        (order, carried.get(order.id, {}).get(fees.DOOR, 0))
        for order in going
        if order.id in ways and ways[order.id].way == TO_DOOR
    ]


def words(reason: str, fee_fen: int) -> dict[str, str]:
    """Return how a note says why, and that the goods have to be fetched now."""
    yuan = format_yuan(fee_fen)
    return {
        "zh": f"{reason}；不再送货上门，请到提货点自提，上门费 {yuan} 退还",
        "en": f"{reason}; no longer brought to your door, please fetch it; the fee of {yuan} goes back",
    }
