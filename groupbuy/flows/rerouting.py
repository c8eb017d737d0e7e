"""A leader falls ill: all bags of a pickup day go to another leader in one deed (改派)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.commissions import rerouting as commissions
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.delivery import rerouting as delivery
from groupbuy.delivery.models import Reroute
from groupbuy.delivery.telling import place_of
from groupbuy.flows import doors_after
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders import splitting
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup import bulk as pickup
from groupbuy.pickup import capacity
from groupbuy.pickup import queries as bags
from groupbuy.purchasing import rerouting as purchasing

MAX_REASON = 200
# Why an undone re-routing is told.
BACK: Mapping[str, str] = {"zh": "恢复原提货点", "en": "as it was before"}

# What who has other goods of the day at the former pickup point reads beside it.
STAYS: Mapping[str, str] = {
    "zh": "；其余商品仍在原提货点提货",
    "en": "; your other goods of the day stay where they are",
}


@dataclass(frozen=True, slots=True)
class Moving:
    """What a re-routing moves: orders, residents, sale units, fen; ``kept`` are handed out in part.

    To the door go on ``to_door``; ``no_door`` are fetched instead, and their fees, ``fee_fen``, go back.
    ``too_many`` are the bags above what the other pickup point has room for.
    """

    orders: int
    residents: int
    units: int
    amount_fen: int
    kept: int
    to_door: int
    no_door: int
    fee_fen: int
    too_many: int


def preview(*, day: date, old: Leader, new: Leader) -> Moving:
    """Return what ``reroute`` would move now; raise as it does, but for a pickup point that is full."""
    found = delivery.orders_of(day, old.id)
    _check(day, old, new, found)
    return _reckon(day, found, old, new)


def reroute(
    *,
    day: date,
    old: Leader,
    new: Leader,
    reason: str,
    now: datetime,
    actor: Actor,
    confirmed: bool = False,
) -> Reroute:
    """Let ``new`` hand out all bags of a day that ``old`` has not begun to hand out, but for what has left.

    Sheets, stops, codes and the commission of what is handed out follow; each resident and both leaders are
    told once. What was to be brought to the door is, or is not, as ``doors_after`` says. More bags than the
    pickup point takes must be ``confirmed``. Raise BadInput, RuleBroken ``leader_not_active``,
    ``route_left``, ``nothing_to_move``, ``pickup_point_full``.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")
    going = _lock_to_move(day, old, new, confirmed)
    lost = doors_after.give_up(going, old=old, new=new, now=now, actor=actor)
    _move(day, old.id, new.id, going, now)
    moved = [order.id for order in going]
    leaders = {"old": old.id, "new": new.id}
    row = delivery.note(day=day, **leaders, reason=reason, order_ids=moved, now=now, actor=actor.name)
    _tell(day, going, new, f"reroute-{row.id}", reason, now, lost, delivery.residents_of(day, old.id))
    _tell_loser(day, going, old, new, f"reroute-{row.id}", reason, now)
    _log("bags_rerouted", row, going, now, actor)
    return row


def _lock_to_move(day: date, old: Leader, new: Leader, confirmed: bool) -> Sequence[Order]:
    """Return what ``old`` has not begun to hand out, locked, once it is clear that ``new`` can take it."""
    going = _locked(day, old.id)
    _check(day, old, new, going)
    if not going:
        raise RuleBroken("nothing_to_move", "Nothing of this leader waits to be handed out on this day.")
    if not confirmed:
        _check_room(day, going, new)
    return going


def undo(*, reroute_id: int, now: datetime, actor: Actor) -> Reroute:
    """Give back what another leader got and has not begun to hand out; each resident is told once.

    Raise NotFound, RuleBroken ``already_undone``, ``route_left``.
    """
    row = delivery.get_reroute(reroute_id)
    waiting = _locked(row.day, row.to_leader_id)
    row = delivery.get_reroute(reroute_id, lock=True)
    if row.undone_at is not None:
        raise RuleBroken("already_undone", "This has been undone already.")
    moved = delivery.order_ids_of(row)
    going = [order for order in waiting if order.id in moved]
    delivery.check_left(day=row.day, old=row.to_leader_id, new=row.from_leader_id, going=going)
    row.undone_at, row.undone_by = now, actor.name
    db.session.flush()
    if going:
        _move(row.day, row.to_leader_id, row.from_leader_id, going, now)
    first, other = (db.session.get_one(Leader, one) for one in (row.from_leader_id, row.to_leader_id))
    row = delivery.get_reroute(reroute_id)
    _tell(row.day, going, first, f"reroute-{row.id}-back", BACK, now)
    if going:
        _tell_loser(row.day, going, other, first, f"reroute-{row.id}-back", BACK, now)
    _log("rerouting_undone", row, going, now, actor)
    return row


def _check(day: date, old: Leader, new: Leader, going: Sequence[Order]) -> None:
    if old.id == new.id:
        raise BadInput("same_leader", "Choose another leader.", param="to_leader")
    if new.state != "active":
        raise RuleBroken("leader_not_active", "This leader takes no orders at present.", param="to_leader")
    delivery.check_left(day=day, old=old.id, new=new.id, going=going)


def _check_room(day: date, going: Sequence[Order], new: Leader) -> None:
    residents = {order.resident_id for order in going}
    if full := capacity.bags_too_many(leader=new, resident_ids=residents, day=day, lock=True):
        raise RuleBroken(
            "pickup_point_full",
            f"{new.name} would have {full[0]} bags on this day and has room for {full[1]}."
            " Choose another leader, or confirm that it is meant so.",
            param="to_leader",
        )


def _locked(day: date, leader_id: int) -> list[Order]:
    """Lock the rounds of a leader's day, then its orders; return those of which nothing is handed out."""
    found = delivery.orders_of(day, leader_id)
    # Rounds come first, as for a route that leaves: what leaves is what is there then.
    for round_id in sorted({order.round_id for order in found}):
        lifecycle.lock_round(round_id)
    splitting.lock_all([order.id for order in found])
    return [order for order in delivery.orders_of(day, leader_id) if order.state == OrderState.CONFIRMED]


def _reckon(day: date, found: Sequence[Order], old: Leader, new: Leader) -> Moving:
    going = [order for order in found if order.state == OrderState.CONFIRMED]
    kept = sum(order.state == OrderState.PART_PICKED_UP for order in found)
    units = sum(line.quantity for order in going for line in splitting.lines_to_deliver(order))
    residents = {order.resident_id for order in going}
    amount_fen = sum(order.amount_fen - order.fee_fen for order in going)
    doors = doors_after.reckon(going, old=old, new=new)
    full = capacity.bags_too_many(leader=new, resident_ids=residents, day=day)
    too_many = full[0] - full[1] if full else 0
    return Moving(len(going), len(residents), units, amount_fen, kept, *doors, too_many)


def _move(day: date, old: int, new: int, going: Sequence[Order], now: datetime) -> None:
    order_ids = [order.id for order in going]
    rounds = sorted({order.round_id for order in going})
    residents = sorted({order.resident_id for order in going})
    commissions.move_shares(order_ids=order_ids, old=old, new=new, now=now)
    purchasing.move_demand(order_ids=order_ids, old=old, new=new)
    pickup.give_orders(order_ids=order_ids, new=new)
    pickup.give_bags(day=day, resident_ids=residents, old=old, new=new)
    delivery.move_stop(day=day, old=old, new=new)
    for round_id in rounds:
        settling.book_round(round_id=round_id, now=now)
    db.session.expire_all()


def _tell(
    day: date,
    going: Sequence[Order],
    leader: Leader,
    key: str,
    reason: Value,
    now: datetime,
    lost: Mapping[int, int] = MappingProxyType({}),
    staying: Collection[int] = (),
) -> None:
    """Tell each resident where the goods are handed out now, and the leader who hands them out.

    ``lost`` are the door fees by resident that go back, ``staying`` those who have other goods that stay.
    """
    first = {order.resident_id: order for order in reversed(going)}
    values: dict[str, Value] = _place_words(day, leader) | {"reason": reason}

    def notice(resident_id: int, order: Order) -> Notice:
        own: dict[str, Value] = {"code": bags.bag_code_of(order) or order.pickup_code}
        if isinstance(reason, str):
            own["reason"] = _words(reason, lost.get(resident_id), resident_id in staying)
        return Notice(f"{key}-{resident_id}", "rerouted", recipient(RESIDENT, resident_id), values | own)

    residents = [notice(resident_id, order) for resident_id, order in sorted(first.items())]
    whose = Notice(f"{key}-leader", "rerouted", recipient(LEADER, leader.id), values | {"code": "—"})
    telling.tell([*residents, whose], now=now)


def _words(reason: str, lost_fen: int | None, stays: bool) -> Mapping[str, str]:
    said = {"zh": reason, "en": reason} if lost_fen is None else doors_after.words(reason, lost_fen)
    return {language: text + STAYS[language] for language, text in said.items()} if stays else said


def _tell_loser(
    day: date, going: Sequence[Order], loser: Leader, other: Leader, key: str, reason: Value, now: datetime
) -> None:
    """Tell the leader who would have handed the bags out what was moved, and who hands them out now."""
    values: dict[str, Value] = {
        "pickup": day.isoformat(),
        "orders": str(len(going)),
        "bags": str(len({order.resident_id for order in going})),
        "leader": f"{other.name} {other.phone}",
        "place": place_of(other),
        "reason": reason,
    }
    whom = recipient(LEADER, loser.id)
    telling.tell([Notice(f"{key}-loser", "rerouted_away", whom, values)], now=now)


def _place_words(day: date, leader: Leader) -> dict[str, Value]:
    return {
        "pickup": day.isoformat(),
        "place": place_of(leader),
        "leader": f"{leader.name} {leader.phone}",
        "hours": leader.pickup_hours,
    }


def _log(verb: str, row: Reroute, going: Sequence[Order], now: datetime, actor: Actor) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb=verb,
        subject_kind="delivery_day",
        subject=row.day.isoformat(),
        after={
            "from": row.from_leader.code,
            "to": row.to_leader.code,
            "reason": row.reason,
            "orders": sorted(order.number for order in going),
        },
    )
