"""How far an order is, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.campaigns.rules import RoundState, effective_state
from groupbuy.delivery.models import DeliveryStop
from groupbuy.orders.models import Order
from groupbuy.orders.reviews import WAITING, Review
from groupbuy.orders.rules import OrderState, Phase, phase
from groupbuy.web.kit.filters import day
from groupbuy.web.kit.i18n import gettext as _

Step = tuple[str, datetime | None, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order stands: its phase, the steps for people and how many are done."""

    phase: Phase
    steps: Sequence[Step]
    done: int
    can_change: bool
    has_code: bool


def progress_of(
    order: Order, now: datetime, review: Review | None = None, stop: DeliveryStop | None = None
) -> Progress:
    """Return how far an order is; a review is a step of its own, and so is the way to ``stop``."""
    round_ = order.round
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, now)
    seen = _underway(phase(OrderState(order.state), state), stop)
    alive = order.state in (OrderState.CONFIRMED, OrderState.AWAITING_PAYMENT)
    return Progress(
        phase=seen,
        steps=_cancelled(order) if seen is Phase.CANCELLED else _steps(order, review, stop),
        done=2 if seen is Phase.CANCELLED else _DONE[seen] + _further(review, stop),
        can_change=alive and state is RoundState.OPEN,
        has_code=seen not in (Phase.CANCELLED, Phase.AWAITING_PAYMENT, Phase.PICKED_UP, Phase.COMPLETED),
    )


def _underway(seen: Phase, stop: DeliveryStop | None) -> Phase:
    """Return where goods are that have left or come, while others of their round still wait for a vehicle."""
    if seen is not Phase.BEING_PREPARED or stop is None or stop.route.left_at is None:
        return seen
    return Phase.SENT if stop.arrived_at is None else Phase.ON_THE_WAY


def _further(review: Review | None, stop: DeliveryStop | None) -> int:
    """Return how many of the steps that only some orders have are done."""
    reviewed = review is not None and review.state != WAITING
    return reviewed + (stop is not None and stop.route.left_at is not None)


_DONE = {
    Phase.AWAITING_PAYMENT: 1,
    Phase.ORDERED: 1,
    Phase.BEING_PREPARED: 2,
    Phase.SENT: 2,
    Phase.ON_THE_WAY: 3,
    Phase.PART_PICKED_UP: 3,
    Phase.PICKED_UP: 4,
    Phase.COMPLETED: 4,
}


def _steps(order: Order, review: Review | None, stop: DeliveryStop | None) -> list[Step]:
    waiting = order.state == OrderState.AWAITING_PAYMENT
    hours = f"{day(order.day)} {order.leader.pickup_hours}"
    return [
        (_("Ordered"), order.placed_at, _("Waiting for payment") if waiting else ""),
        *_review_step(review),
        (_("Cut-off"), order.round.closes_at, _("Goods are bought and packed after it")),
        *_way_step(stop),
        (_("For pickup"), stop.arrived_at if stop else None, hours),
        (_("Picked up"), order.picked_up_at, ""),
    ]


def _review_step(review: Review | None) -> list[Step]:
    if review is None:
        return []
    if review.state == WAITING:
        return [(_("Review"), None, _("The operator looks at this order before the cut-off"))]
    return [(_("Review passed"), review.at, "")]


def _way_step(stop: DeliveryStop | None) -> list[Step]:
    if stop is None or stop.route.left_at is None:
        return []
    return [(_("On the way"), stop.route.left_at, "")]


def _cancelled(order: Order) -> list[Step]:
    reasons = {
        "not_paid_in_time": _("It was not paid in time"),
        "unpaid_at_close": _("It was not paid until the cut-off"),
        "not_reviewed": _("It was not approved until the cut-off"),
        "below_threshold": _("Too few people ordered"),
        "shortage": _("Too little was delivered"),
        "delayed": _("By yourself, because the goods are late"),
        "called_off": order.round.cancel_reason or _("The round was called off"),
        "refunded": _("Everything is paid back"),
        "by_resident": _("By yourself"),
    }
    reason = order.cancel_reason or order.round.cancel_reason or ""
    return [
        (_("Ordered"), order.placed_at, ""),
        (_("Cancelled"), order.cancelled_at, reasons.get(reason, reason)),
    ]
