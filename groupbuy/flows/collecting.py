"""Goods are handed out, once, at their own pickup point: against a code, or to somebody who is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.delivery.brought import stops_of_orders
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.orders import service
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup import parts as rules
from groupbuy.pickup import queries, quick
from groupbuy.pickup import service as pickup
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES, LineLeft, Part
from groupbuy.pickup.quick import Gone, Shown

MAX_REASON = 100
TAIL_DIGITS = 4

_STATEMENTS = quick.statements(aftersales.HELD_SQL)


@dataclass(frozen=True, slots=True)
class Handed:
    """What of an order has been handed out now, line by line."""

    order: Order
    lines: Sequence[LineLeft]


def verify_pickup(
    *, code: str, leader_ids: Sequence[int], now: datetime, actor: Actor, parts: Sequence[Part] | None = None
) -> list[Handed]:
    """Hand out the order, or all orders of the bag, that a code stands for; with ``parts`` only those.

    Raise BadInput ``bad_code`` for what is no code at all, NotFound ``unknown_code``, RuleBroken
    ``wrong_pickup_point``, ``not_ready`` before the close, ``order_cancelled``, ``not_paid``,
    ``already_picked_up``, ``refund_open`` while a case about it is open, and as ``parts.units_taken`` does.
    """
    found = look_up(code=code, leader_ids=leader_ids)
    return hand_out_orders(found=found, parts=parts, now=now, actor=actor, how={"by": "code"})


def hand_out_quickly(shown: Shown) -> Gone | None:
    """Hand out a whole order in a few statements; None, and nothing is changed, where that does not fit.

    Raise RunAgain as ``pickup.quick.hand_out`` does.
    """
    return quick.hand_out(shown, _STATEMENTS) if ids.is_pickup_code(shown.code) else None


def look_up(*, code: str, leader_ids: Sequence[int]) -> Sequence[Order]:
    """Return the orders that a code stands for and hand out nothing; raise as ``verify_pickup`` does."""
    if not ids.is_pickup_code(code):
        raise BadInput("bad_code", "A pickup code has eight digits; look again.", param="code")
    found = queries.orders_of_code(code, leader_ids=leader_ids)
    if not found:
        _explain_unknown(code, leader_ids)
    return found


def hand_out_known(
    *,
    phone_tail: str,
    name: str,
    reason: str,
    leader_ids: Sequence[int],
    now: datetime,
    actor: Actor,
    parts: Sequence[Part] | None = None,
) -> list[Handed]:
    """Hand out without the code to who tells the last four digits and the name; the reason is logged.

    Raise BadInput, NotFound ``unknown_person`` for nobody who has something to fetch here, and as
    ``verify_pickup`` does.
    """
    if not (len(phone_tail) == TAIL_DIGITS and phone_tail.isascii() and phone_tail.isdigit()):
        raise BadInput("bad_format", "The last four digits of the phone.", param="phone_tail")
    why = _checked_reason(reason)
    found = queries.orders_of_person(phone_tail=phone_tail, name=name.strip(), leader_ids=leader_ids)
    if not found:
        raise NotFound("unknown_person", "Nobody with this name and number has something to fetch here.")
    return hand_out_orders(found=found, parts=parts, now=now, actor=actor, how={"by": "name", "reason": why})


def hand_out_bag(
    *,
    order: Order,
    reason: str | None,
    now: datetime,
    actor: Actor,
    parts: Sequence[Part] | None = None,
) -> list[Handed]:
    """Hand out the bag in which an order lies; without a reason its code has just been shown."""
    how = {"by": "code"} if reason is None else {"by": "hand", "reason": _checked_reason(reason)}
    return hand_out_orders(found=queries.orders_of_bag(order), parts=parts, now=now, actor=actor, how=how)


def _checked_reason(reason: str) -> str:
    why = reason.strip()
    if not 1 <= len(why) <= MAX_REASON:
        raise BadInput("required", "Say why the code is not shown.", param="reason")
    return why


def hand_out_orders(
    *,
    found: Sequence[Order],
    parts: Sequence[Part] | None,
    now: datetime,
    actor: Actor,
    how: Mapping[str, Any],
) -> list[Handed]:
    """Hand out orders, or parts of them; ``how`` goes into the log. Raise as ``verify_pickup`` does.

    Of a bag what comes with a later vehicle stays, unless parts of it are named.
    """
    if parts is None:
        found = _without_later_vehicles(found)
    if any(order.round.state in NOT_READY for order in found):
        raise RuleBroken("not_ready", "The round of this order has not closed yet.")
    free = _not_held_back(found)
    points = {order.id: order.leader_id for order in found}
    handed = (
        _hand_out_all(free, now, actor, how)
        if parts is None
        else _hand_out_parts(free, parts, now, actor, how)
    )
    if not handed:
        _explain_refusal(free)
    # Whoever asks for a refund locks the order first: what was asked while this one waited is seen now.
    _not_held_back([one.order for one in handed], all_of_them=True)
    _check_points(handed, points)
    return handed


def _without_later_vehicles(found: Sequence[Order]) -> Sequence[Order]:
    """Return the orders whose goods have left where a vehicle has brought some of a bag, else all."""
    if len(found) < 2:
        return found
    stops = stops_of_orders(found)
    gone = [order for order in found if (stop := stops.get(order.id)) is not None and stop.route.left_at]
    return gone or found


def _check_points(handed: Sequence[Handed], points: Mapping[int, int]) -> None:
    """Raise RuleBroken ``wrong_pickup_point`` when an order was re-routed while this waited for it."""
    for one in handed:
        if one.order.leader_id != points[one.order.id]:
            elsewhere = db.session.get_one(Leader, one.order.leader_id)
            raise RuleBroken(
                "wrong_pickup_point",
                f"This code belongs to another pickup point: {_place(elsewhere)}.",
                param="code",
            )


def _not_held_back(found: Sequence[Order], *, all_of_them: bool = False) -> list[Order]:
    """Return the orders without an open after-sale case; raise RuleBroken ``refund_open`` for none."""
    held = aftersales.held_back([order.id for order in found])
    free = [order for order in found if order.id not in held]
    if held and (all_of_them or not free):
        raise RuleBroken(
            "refund_open",
            "A refund or exchange of this order is being decided; nothing is handed out.",
            param="code",
        )
    return free


def _hand_out_all(
    found: Sequence[Order], now: datetime, actor: Actor, how: Mapping[str, Any]
) -> list[Handed]:
    # What is left is read once nobody else can hand it out or dispose of it.
    open_ = _locked_open(found)
    left = queries.left_of([order.id for order in open_])
    taken = [order for order in open_ if _finish(order, now, actor, how)]
    return [Handed(order, [line for line in left if line.order_id == order.id]) for order in taken]


def _locked_open(found: Sequence[Order]) -> list[Order]:
    return [order for order in found if lock_order(order).state in OPEN_STATES]


def _hand_out_parts(
    found: Sequence[Order], parts: Sequence[Part], now: datetime, actor: Actor, how: Mapping[str, Any]
) -> list[Handed]:
    """Hand out some lines; the orders are locked, so that two phones do not give the same units twice."""
    open_ = _locked_open(found)
    if not open_:
        return []
    left = queries.left_of([order.id for order in open_])
    units = rules.units_taken(left, parts, _names_of_gone(open_, left, parts))
    handed = []
    for order in open_:
        mine = [line for line in left if line.order_id == order.id]
        taken = {line.line_id: units[line.line_id] for line in mine if line.line_id in units}
        if not taken:
            continue
        if rules.is_all(mine, taken):
            _finish(order, now, actor, how)
        else:
            _begin(order, mine, taken, now, actor, how)
        handed.append(
            Handed(order, [_with(line, taken[line.line_id]) for line in mine if line.line_id in taken])
        )
    return handed


def _names_of_gone(
    open_: Sequence[Order], left: Sequence[LineLeft], parts: Sequence[Part]
) -> Mapping[str, str]:
    """Return the names of goods that are asked for and of which nothing is left, by product code."""
    gone = {part.product_code for part in parts} - {line.product_code for line in left}
    return queries.names_of([order.id for order in open_]) if gone else {}


def _with(line: LineLeft, units: int) -> LineLeft:
    return LineLeft(line.order_id, line.order_no, line.line_id, line.product_code, line.name, units)


def _begin(
    order: Order,
    lines: Sequence[LineLeft],
    taken: Mapping[int, int],
    now: datetime,
    actor: Actor,
    how: Mapping[str, Any],
) -> None:
    """Hand out units of some lines; the rest of the order stays to be fetched."""
    former = order.state
    pickup.note_part(units=taken, now=now, actor=actor.name)
    service.move(order=order, old=OPEN_STATES, new=OrderState.PART_PICKED_UP)
    units = {line.product_code: taken[line.line_id] for line in lines if line.line_id in taken}
    _log("order_part_picked_up", order, former, now, actor, {**how, "units": units})


def _finish(order: Order, now: datetime, actor: Actor, how: Mapping[str, Any]) -> bool:
    """Move an order that is still to be fetched; False when somebody has done so already."""
    former = order.state
    if not service.move(order=order, old=OPEN_STATES, new=OrderState.PICKED_UP, picked_up_at=now):
        return False
    _log("order_picked_up", order, former, now, actor, how)
    return True


def _log(verb: str, order: Order, former: str, now: datetime, actor: Actor, how: Mapping[str, Any]) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb=verb,
        subject_kind="order",
        subject=order.number,
        before={"state": former},
        after={"state": order.state, **how},
    )


def _explain_unknown(code: str, leader_ids: Sequence[int]) -> None:
    elsewhere = queries.points_of_code(code, leader_ids=leader_ids)
    if elsewhere:
        places = "; ".join(_place(leader) for leader in elsewhere)
        raise RuleBroken(
            "wrong_pickup_point", f"This code belongs to another pickup point: {places}.", param="code"
        )
    raise NotFound("unknown_code", "There is no order with this code.", param="code")


def _place(leader: Leader) -> str:
    community = leader.community.name if leader.community else ""
    where = " ".join(part for part in (community, leader.address) if part)
    return f"{where or leader.name} ({leader.pickup_hours})"


def _explain_refusal(orders: Sequence[Order]) -> None:
    """Say why none of the orders could be handed out; a parallel request may have been first."""
    for order in orders:
        db.session.refresh(order, ["state"])
    if all(order.state == OrderState.CANCELLED for order in orders):
        raise RuleBroken("order_cancelled", "This order has been cancelled.", param="code")
    if any(order.state == OrderState.AWAITING_PAYMENT for order in orders):
        raise RuleBroken("not_paid", "This order has not been paid.", param="code")
    raise RuleBroken("already_picked_up", "This order has been picked up already.", param="code")
