"""A resident's order: placed, changed and cancelled until the cut-off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns import stock
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState, check_window
from groupbuy.db.submissions import first_of
from groupbuy.finance.rules import wallet
from groupbuy.flows import holding
from groupbuy.flows.order_log import log_order
from groupbuy.flows.pricing import PricedLine, price_lines
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders import fees, reviews, service, tolerances
from groupbuy.orders import queries as orders
from groupbuy.orders.models import Order
from groupbuy.orders.rules import Change, OrderState, line_changes
from groupbuy.orders.service import LineToRecord, OrderToRecord
from groupbuy.orders.shortening import AFTER_CLOSE
from groupbuy.payments import paying
from groupbuy.pickup import capacity

MAX_REMARK = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A product and how many sale units of it somebody wants."""

    product_code: str
    quantity: int


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
    ``round_closed``, ``round_not_open``, ``sold_out``, ``limit_reached``, ``leader_not_taking_part``,
    ``pickup_point_full``.
    """
    if first := first_of(Order, submission_key):
        return first
    check_round(round_, now)
    leader = resident.leader_in(round_.opens_at)
    check_leader(round_, leader)
    capacity.hold_place(leader=leader, resident_id=resident.id, day=round_.pickup_date)
    lines = priced(round_, leader, wishes)
    holding.hold(lines, resident.id)
    head = replace(
        head_of(round_, resident, leader, now, pay_within),
        placed_by_id=actor.account_id,
        remark=checked_remark(remark),
        submission_key=submission_key,
    )
    order = record(round_, head, [item.line for item in lines])
    _ask_for_review(order, now)
    log_order(order, "order_placed", now, actor.name, after=_picture(order.state, lines))
    return order


def head_of(
    round_: Round, resident: Resident, leader: Leader, now: datetime, pay_within: timedelta
) -> OrderToRecord:
    """Return a new order's head: confirmed at once, or waiting until it is paid, at most to the cut-off."""
    awaiting = round_.payment == "prepaid"
    return OrderToRecord(
        round_id=round_.id,
        resident_id=resident.id,
        leader_id=leader.id,
        state=OrderState.AWAITING_PAYMENT if awaiting else OrderState.CONFIRMED,
        placed_at=now,
        expires_at=min(now + pay_within, round_.closes_at) if awaiting else None,
        placed_by_id=None,
        remark=None,
        submission_key=None,
    )


def record(round_: Round, head: OrderToRecord, lines: Sequence[LineToRecord]) -> Order:
    """Write an order with the fees of its round for so much of goods."""
    owing = fees.at_ordering(round_, sum(line.amount_fen for line in lines))
    return service.record(head=head, lines=lines, fees=owing)


def change_order(
    *, order: Order, wishes: Sequence[Wish], now: datetime, actor: Actor, remark: str | None = None
) -> Order:
    """Give an order its whole new list of lines while its round sells; kept lines keep their price.

    Raise as ``place_order`` does, and RuleBroken ``order_cancelled``, ``already_paid`` or
    ``is_replacement``.
    """
    orders.lock_order(order)
    check_round(order.round, now)
    _check_changeable(order)
    aftersales.check_is_paid_for(order.id)
    lines = priced(order.round, order.leader, wishes)
    old = {line.offer_id: line.quantity for line in order.lines}
    new = {item.line.offer_id: item.line.quantity for item in lines}
    changes = line_changes(old, new)
    _hold(changes, lines, order.resident_id)
    added = [item.line for item in lines if item.line.offer_id not in old]
    service.replace_lines(order=order, quantities=new, added=added)
    tolerances.keep_within_limits(order.id)
    for kind, fen in fees.at_ordering(order.round, order.amount_fen - order.fee_fen).items():
        fees.charge(order=order, kind=kind, amount_fen=fen)
    if changes:
        _ask_for_review(order, now)
    if remark is not None:
        order.remark = checked_remark(remark)
    # Whoever acts, the log names for whom.
    after = _quantities(new) | {"resident": order.resident.code}
    log_order(order, "order_changed", now, actor.name, before=_quantities(old), after=after)
    return order


def _hold(changes: Sequence[Change], lines: Sequence[PricedLine], resident_id: int) -> None:
    by_offer = {item.line.offer_id: item for item in lines}
    for change in changes:
        if change.offer_id in by_offer:
            holding.take(by_offer[change.offer_id], resident_id, change.delta)
        else:
            holding.release(change.offer_id, resident_id, -change.delta)


def _ask_for_review(order: Order, now: datetime) -> None:
    if order.round.review_above_fen is not None:
        reviews.ask(order=order, round_=order.round, now=now)


def cancel_order(*, order: Order, reason: str, now: datetime, actor: Actor) -> Order:
    """Cancel an order while its round sells and give its stock back; again changes nothing.

    Raise RuleBroken ``round_closed`` after the cut-off, ``already_picked_up``, ``is_replacement``.
    """
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED:
        return order
    check_round(order.round, now)
    aftersales.check_is_paid_for(order.id)
    _undo(order, reason=_in_quotes(reason), now=now, actor=actor, sealed_too=False)
    return order


def _in_quotes(reason: str) -> str:
    """Quote a person's reason that is a word of the platform's own for what it cancels after the close."""
    return f"“{reason}”" if reason.strip() in AFTER_CLOSE else reason


def approve_order(*, order: Order, now: datetime, actor: Actor) -> Order:
    """Let an order that waited for a review (订单审核) stay; again changes nothing.

    Raise RuleBroken ``order_cancelled``, ``round_closed`` after the cut-off.
    """
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    check_round(order.round, now)
    if reviews.approve(order=order, now=now):
        log_order(order, "order_approved", now, actor.name, after={"amount_fen": order.amount_fen})
    return order


def expire_order(*, order: Order, now: datetime, actor: Actor) -> bool:
    """Cancel an order that was not paid in time and give its stock back once; False when it was."""
    orders.lock_order(order)
    if order.state != OrderState.AWAITING_PAYMENT or order.expires_at is None or order.expires_at > now:
        return False
    _undo(order, reason="not_paid_in_time", now=now, actor=actor, sealed_too=True)
    return True


def mark_paid(*, order: Order, now: datetime, actor: Actor, account: str | None = None) -> Order:
    """Note that an order is paid in full; a prepaid one is confirmed by it. Again changes nothing.

    ``account`` is the account of the books that the money is in or comes from; by default the leader's cash,
    or for a prepaid order the operator's own. Raise RuleBroken ``order_cancelled`` and, for a wallet,
    ``insufficient_balance``.
    """
    orders.lock_order(order)
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled; nothing is to be paid.")
    if order.paid_fen >= order.amount_fen and order.paid_at is not None:
        return order
    former, old = order.paid_fen, OrderState(order.state)
    new = OrderState.CONFIRMED if old == OrderState.AWAITING_PAYMENT else old
    service.move(order=order, old=[old], new=new, paid_fen=order.amount_fen, paid_at=now, expires_at=None)
    account, rest = account or paying.usual_account(order), order.amount_fen - former
    paying.book_payment(order=order, account=account, amount_fen=rest, now=now, actor=actor.name)
    before, after = {"paid_fen": former}, {"paid_fen": order.paid_fen}
    log_order(order, "order_paid", now, actor.name, before=before, after=after)
    return order


def pay_from_wallet(*, order: Order, now: datetime, actor: Actor) -> Order:
    """Pay a prepaid order from its resident's wallet; again, or from another device at once, only once.

    Raise RuleBroken ``order_cancelled``, ``not_prepaid``, ``pay_late`` and ``insufficient_balance``.
    """
    orders.lock_order(order)
    if order.round.payment != "prepaid":
        raise RuleBroken("not_prepaid", "This order is paid to the leader.")
    if (
        order.state == OrderState.AWAITING_PAYMENT
        and order.expires_at is not None
        and order.expires_at <= now
    ):
        raise RuleBroken("pay_late", "The time to pay this order is over.")
    return mark_paid(order=order, now=now, actor=actor, account=wallet(order.resident_id))


def check_round(round_: Round, now: datetime) -> None:
    """Raise RuleBroken ``round_cancelled``, ``round_closed`` or ``round_not_open`` unless it sells now."""
    if round_.state == RoundState.CANCELLED:
        raise RuleBroken("round_cancelled", "This round has been cancelled.")
    if round_.state not in (RoundState.SCHEDULED, RoundState.OPEN):
        raise RuleBroken("round_closed", "This round has closed.")
    check_window(round_.opens_at, round_.closes_at, now)


def check_leader(round_: Round, leader: Leader) -> None:
    """Raise RuleBroken ``leader_not_active`` or ``leader_not_taking_part``."""
    if leader.state != "active":
        raise RuleBroken("leader_not_active", "This leader takes no orders at present.")
    if not campaigns.takes_part(round_, leader.id):
        raise RuleBroken("leader_not_taking_part", "This leader does not take part in this round.")


def _check_changeable(order: Order) -> None:
    if order.state == OrderState.CANCELLED:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    if order.paid_fen and order.round.payment == "prepaid":
        raise RuleBroken("already_paid", "This order is paid; cancel it and order again.")


def priced(round_: Round, leader: Leader, wishes: Sequence[Wish]) -> list[PricedLine]:
    """Return what is wished as the leader has it in the round; raise as ``pricing.price_lines`` does."""
    wanted = [(wish.product_code, wish.quantity) for wish in wishes]
    return price_lines(round_=round_, leader=leader, wanted=wanted)


def _undo(order: Order, *, reason: str, now: datetime, actor: Actor, sealed_too: bool) -> None:
    """Cancel a locked order; a sealed round gives stock back only to a time-out."""
    live = [OrderState.AWAITING_PAYMENT, OrderState.CONFIRMED]
    before = {"state": order.state, "amount_fen": order.amount_fen}
    values = {"cancelled_at": now, "cancel_reason": reason[:MAX_REMARK], "expires_at": None}
    nothing = {"amount_fen": 0, "fee_fen": 0}
    lines = sorted(order.lines, key=lambda line: line.offer_id)
    if not service.move(order=order, old=live, new=OrderState.CANCELLED, **values, **nothing):
        raise RuleBroken("already_picked_up", "This order has been handed out.")
    for line in lines:
        if sealed_too:
            stock.give_back(offer_id=line.offer_id, units=line.quantity)
            stock.give_share_back(offer_id=line.offer_id, resident_id=order.resident_id, units=line.quantity)
        else:
            holding.release(line.offer_id, order.resident_id, line.quantity)
    log_order(order, "order_cancelled", now, actor.name, before=before, after={"reason": reason[:MAX_REMARK]})


def checked_remark(text: str | None) -> str | None:
    """Return a remark, None for an empty one; raise BadInput ``too_long``."""
    if text is not None and len(text) > MAX_REMARK:
        raise BadInput("too_long", f"A remark has at most {MAX_REMARK} characters.", param="remark")
    return text or None


def _quantities(by_offer: Mapping[int, int]) -> dict[str, Any]:
    return {"lines": {str(offer_id): quantity for offer_id, quantity in by_offer.items()}}


def _picture(state: str, lines: Sequence[PricedLine]) -> dict[str, Any]:
    return {"state": state} | _quantities({item.line.offer_id: item.line.quantity for item in lines})
