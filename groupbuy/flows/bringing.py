"""An order is brought: by the leader to the door for a fee (送货上门), or by a courier (快递)."""

from datetime import datetime

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.rules import RoundState
from groupbuy.flows.order_log import log_order
from groupbuy.flows.ordering import check_round
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders import managing
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import carriage, fees
from groupbuy.orders.carriage import COURIER, TO_DOOR
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.parts import NOT_READY
from groupbuy.pickup.rules import door

MAX_DOOR_FEE_FEN = 10_000
WAITS = (OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED)


def set_door_fee(*, leader: Leader, fee_fen: int | None, now: datetime, actor: Actor) -> None:
    """Say what a leader takes for bringing an order to the door, in fen; None: this leader does not.

    Raise BadInput for a fee that can only be a slip.
    """
    if fee_fen is not None and not 0 <= fee_fen <= MAX_DOOR_FEE_FEN:
        most = format_yuan(MAX_DOOR_FEE_FEN)
        raise BadInput("out_of_range", f"At most {most} for an order.", param="door_fee_fen")
    managing.edit_leader(leader=leader, values={"door_fee_fen": fee_fen}, now=now, actor=actor.name)


def choose(*, order: Order, to_door: bool, now: datetime, actor: Actor) -> Order:
    """Let an order be brought to the door, or fetched, while its round sells; again changes nothing.

    The leader's fee of now is part of what the order costs. Raise RuleBroken ``no_door_delivery``,
    ``no_door``, ``order_cancelled``, ``already_paid``, ``is_replacement``, and as ``check_round`` does.
    """
    lock_order(order)
    check_round(order.round, now)
    _check(order, to_door)
    changed = carriage.keep(order.id, TO_DOOR, now) if to_door else carriage.forget(order.id)
    if changed:
        fee_fen = (order.leader.door_fee_fen or 0) if to_door else 0
        fees.charge(order=order, kind=fees.DOOR, amount_fen=fee_fen)
        log_order(
            order,
            "order_way_chosen",
            now,
            actor.name,
            after={"way": TO_DOOR if to_door else None, "fee_fen": fee_fen},
        )
    return order


def _check(order: Order, to_door: bool) -> None:
    if order.state not in WAITS:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    aftersales.check_is_paid_for(order.id)
    if order.paid_fen and order.round.payment == "prepaid":
        raise RuleBroken("already_paid", "This order is paid; cancel it and order again.")
    if to_door and order.leader.door_fee_fen is None:
        raise RuleBroken("no_door_delivery", "This leader does not bring orders to the door.")
    if to_door and not str(door(order.resident.building, order.resident.room)):
        raise RuleBroken("no_door", "Say in your profile where your door is.")


def hand_to_courier(*, order: Order, carrier: str, tracking_no: str, now: datetime, actor: Actor) -> Order:
    """Note that a courier has an order, and under which number; the resident is told once for each number.

    A second call corrects it. Raise BadInput, RuleBroken ``not_ready`` before the close, ``order_cancelled``,
    ``already_picked_up``.
    """
    lock_order(order)
    carrier, tracking_no = carriage.check_parcel(carrier, tracking_no)
    if order.round.state in (*NOT_READY, RoundState.CANCELLED):
        raise RuleBroken("not_ready", "The round of this order has not closed yet.")
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    if order.state == OrderState.PICKED_UP:
        raise RuleBroken("already_picked_up", "This order has been handed out.")
    if carriage.keep(order.id, COURIER, now, carrier=carrier, tracking_no=tracking_no):
        parcel = {"carrier": carrier, "tracking_no": tracking_no}
        log_order(order, "order_with_courier", now, actor.name, after=parcel)
        who = recipient(RESIDENT, order.resident_id)
        values = {"order": order.number, "carrier": carrier, "tracking": tracking_no}
        key = f"parcel-{order.id}-{carrier}-{tracking_no}"
        telling.tell([Notice(key, "parcel", who, values)], now=now)
    return order
