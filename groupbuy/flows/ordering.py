"""A resident's order: placed, changed and cancelled until the cut-off."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from groupbuy.audit import service as audit
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns import stock
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.campaigns.rules import RoundState, check_quantity, check_window
from groupbuy.commissions.queries import Plan, plan_for
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders import queries as orders
from groupbuy.orders import service
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState, check_lines, line_changes
from groupbuy.orders.service import LineToRecord, OrderToRecord

MAX_REMARK = 200

# A line ready to record, the offer it is of, and its place in the list that was asked for.
Priced = tuple[LineToRecord, OfferForLeader, int]


@dataclass(frozen=True, slots=True)
class Wish:
    """A product and how many sale units of it somebody wants."""

    product_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account, and how the audit log names it."""

    name: str
    account_id: int | None = None


def place_order(
    *,
    round_: Round,
    resident: Resident,
    wishes: Sequence[Wish],
    now: datetime,
    actor: Actor,
    pay_within: timedelta,
    remark: str | None = None,
    submission_key: str | None = None,
) -> Order:
    """Place an order in an open round; the same ``submission_key`` again returns the first order.

    Raise BadInput with param ``lines[i].…`` for a wish that makes no sense, and RuleBroken
    ``round_closed``, ``round_not_open``, ``sold_out``, ``limit_reached``, ``leader_not_taking_part``.
    """
    if first := service.find_by_submission(submission_key):
        return first
    check_round(round_, now)
    leader = resident.leader_in(round_.opens_at)
    _check_leader(round_, leader)
    lines = _price(round_, leader, wishes)
    for line, offer, index in sorted(lines, key=lambda item: item[0].offer_id):
        _take(offer, resident.id, line.quantity, index)
    awaiting = round_.payment == "prepaid"
    order = service.record(
        head=OrderToRecord(
            round_id=round_.id,
            resident_id=resident.id,
            leader_id=leader.id,
            state=OrderState.AWAITING_PAYMENT if awaiting else OrderState.CONFIRMED,
            placed_at=now,
            expires_at=min(now + pay_within, round_.closes_at) if awaiting else None,
            placed_by_id=actor.account_id,
            remark=checked_remark(remark),
            submission_key=submission_key,
        ),
        lines=[line for line, _, _ in lines],
    )
    _log(order, "order_placed", now, actor, after=_picture(order.state, lines))
    return order


def change_order(
    *, order: Order, wishes: Sequence[Wish], now: datetime, actor: Actor, remark: str | None = None
) -> Order:
    """Give an order its whole new list of lines while its round sells; kept lines keep their price.

    Raise as ``place_order`` does, and RuleBroken ``order_cancelled`` or ``already_paid``.
    """
    orders.lock_order(order)
    check_round(order.round, now)
    _check_changeable(order)
    lines = _price(order.round, order.leader, wishes)
    old = {line.offer_id: line.quantity for line in order.lines}
    new = {line.offer_id: line.quantity for line, _, _ in lines}
    by_offer = {line.offer_id: (offer, index) for line, offer, index in lines}
    for change in line_changes(old, new):
        if change.offer_id in by_offer:
            offer, index = by_offer[change.offer_id]
            _take(offer, order.resident_id, change.delta, index)
        else:
            _release(change.offer_id, order.resident_id, -change.delta)
    added = [line for line, _, _ in lines if line.offer_id not in old]
    service.replace_lines(order=order, quantities=new, added=added)
    if remark is not None:
        order.remark = checked_remark(remark)
    _log(order, "order_changed", now, actor, before=_quantities(old), after=_quantities(new))
    return order


def cancel_order(*, order: Order, reason: str, now: datetime, actor: Actor) -> Order:
    """Cancel an order while its round sells and give its stock back; again changes nothing.

    Raise RuleBroken ``round_closed`` after the cut-off, ``already_picked_up``.
    """
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED:
        return order
    check_round(order.round, now)
    _undo(order, reason=reason, now=now, actor=actor, sealed_too=False)
    return order


def expire_order(*, order: Order, now: datetime, actor: Actor) -> bool:
    """Cancel an order that was not paid in time and give its stock back once; False when it was."""
    orders.lock_order(order)
    if order.state != OrderState.AWAITING_PAYMENT or order.expires_at is None or order.expires_at > now:
        return False
    _undo(order, reason="not_paid_in_time", now=now, actor=actor, sealed_too=True)
    return True


def mark_paid(*, order: Order, now: datetime, actor: Actor) -> Order:
    """Note that an order is paid in full; a prepaid one is confirmed by it. Again changes nothing.

    Raise RuleBroken ``order_cancelled``.
    """
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled; nothing is to be paid.")
    if order.paid_fen >= order.amount_fen and order.paid_at is not None:
        return order
    former = order.paid_fen
    state = OrderState.CONFIRMED if order.state == OrderState.AWAITING_PAYMENT else OrderState(order.state)
    service.move(
        order=order,
        old=[OrderState(order.state)],
        new=state,
        paid_fen=order.amount_fen,
        paid_at=now,
        expires_at=None,
    )
    _log(order, "order_paid", now, actor, before={"paid_fen": former}, after={"paid_fen": order.paid_fen})
    return order


def check_round(round_: Round, now: datetime) -> None:
    """Raise RuleBroken ``round_cancelled``, ``round_closed`` or ``round_not_open`` unless it sells now."""
    if round_.state == RoundState.CANCELLED:
        raise RuleBroken("round_cancelled", "This round has been cancelled.")
    if round_.state not in (RoundState.SCHEDULED, RoundState.OPEN):
        raise RuleBroken("round_closed", "This round has closed.")
    check_window(round_.opens_at, round_.closes_at, now)


def _check_leader(round_: Round, leader: Leader) -> None:
    if leader.state != "active":
        raise RuleBroken("leader_not_active", "This leader takes no orders at present.")
    if not campaigns.takes_part(round_, leader.id):
        raise RuleBroken("leader_not_taking_part", "This leader does not take part in this round.")


def _check_changeable(order: Order) -> None:
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    if order.paid_fen and order.round.payment == "prepaid":
        raise RuleBroken("already_paid", "This order is paid; cancel it and order again.")


def _price(round_: Round, leader: Leader, wishes: Sequence[Wish]) -> list[Priced]:
    """Return each wish as a priced line, its offer and its place in the list."""
    codes = [wish.product_code for wish in wishes]
    check_lines(codes)
    found = campaigns.offers_for_leader(round_id=round_.id, leader_id=leader.id, product_codes=codes)
    offers = {offer.product_code: offer for offer in found}
    plan = plan_for(offers=found, leader_id=leader.id, level_id=leader.level_id)
    return [_priced(offers, plan, leader, wish, index) for index, wish in enumerate(wishes)]


def _priced(
    offers: Mapping[str, OfferForLeader], plan: Plan, leader: Leader, wish: Wish, index: int
) -> Priced:
    offer = offers.get(wish.product_code)
    if offer is None:
        raise BadInput(
            "unknown_product",
            f"{wish.product_code} is not offered in this round.",
            param=f"lines[{index}].product_code",
        )
    with _at(index):
        check_quantity(wish.quantity, min_order_qty=offer.min_order_qty, multiple=offer.multiple)
    agreed = plan.agreed(
        product_id=offer.product_id,
        category_id=offer.category_id,
        leader_id=leader.id,
        level_id=leader.level_id,
    )
    line = LineToRecord(
        offer.offer_id,
        offer.version_id,
        wish.quantity,
        offer.price_fen,
        agreed.rate_bp,
        agreed.fixed_fen,
        agreed.rule_id,
    )
    return line, offer, index


@contextmanager
def _at(index: int) -> Iterator[None]:
    """Name the line at fault in whatever goes wrong inside."""
    try:
        yield
    except GroupbuyError as error:
        raise type(error)(error.code, error.message, param=f"lines[{index}].quantity") from error


def _take(offer: OfferForLeader, resident_id: int, units: int, index: int) -> None:
    with _at(index):
        stock.take(offer_id=offer.offer_id, units=units)
        if offer.per_buyer_limit is not None and units > 0:
            stock.take_share(
                offer_id=offer.offer_id, resident_id=resident_id, units=units, limit=offer.per_buyer_limit
            )
    if units < 0:
        stock.give_share_back(offer_id=offer.offer_id, resident_id=resident_id, units=-units)


def _release(offer_id: int, resident_id: int, units: int) -> None:
    stock.take(offer_id=offer_id, units=-units)
    stock.give_share_back(offer_id=offer_id, resident_id=resident_id, units=units)


def _undo(order: Order, *, reason: str, now: datetime, actor: Actor, sealed_too: bool) -> None:
    """Cancel a locked order; a sealed round gives stock back only to a time-out."""
    live = [OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED]
    before = {"state": order.state, "amount_fen": order.amount_fen}
    values = {"cancelled_at": now, "cancel_reason": reason[:MAX_REMARK], "amount_fen": 0, "expires_at": None}
    lines = sorted(order.lines, key=lambda line: line.offer_id)
    if not service.move(order=order, old=live, new=OrderState.CANCELLED, **values):
        raise RuleBroken("already_picked_up", "This order has been handed out.")
    for line in lines:
        if sealed_too:
            stock.give_back(offer_id=line.offer_id, units=line.quantity)
            stock.give_share_back(offer_id=line.offer_id, resident_id=order.resident_id, units=line.quantity)
        else:
            _release(line.offer_id, order.resident_id, line.quantity)
    _log(order, "order_cancelled", now, actor, before=before, after={"reason": reason[:MAX_REMARK]})


def checked_remark(text: str | None) -> str | None:
    """Return a remark, None for an empty one; raise BadInput ``too_long``."""
    if text is not None and len(text) > MAX_REMARK:
        raise BadInput("too_long", f"A remark has at most {MAX_REMARK} characters.", param="remark")
    return text or None


def _quantities(by_offer: Mapping[int, int]) -> dict[str, Any]:
    return {"lines": {str(offer_id): quantity for offer_id, quantity in by_offer.items()}}


def _picture(state: str, lines: Sequence[Priced]) -> dict[str, Any]:
    return {"state": state} | _quantities({line.offer_id: line.quantity for line, _, _ in lines})


def _log(
    order: Order,
    verb: str,
    now: datetime,
    actor: Actor,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb=verb,
        subject_kind="order",
        subject=order.number,
        before=before,
        after=after,
    )
