"""Staff orders for a resident after the close: stock, demand, purchase, commission and bag follow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle, stock
from groupbuy.campaigns.models import OfferStock, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import late as commissions
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.db.submissions import first_of
from groupbuy.finance.rules import wallet
from groupbuy.flows import notifying, ordering
from groupbuy.flows.order_log import log_order
from groupbuy.flows.ordering import Wish
from groupbuy.flows.pricing import PricedLine, at_line
from groupbuy.kernel.errors import RuleBroken
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.service import LineToRecord
from groupbuy.pickup import bulk as pickup
from groupbuy.purchasing import amending
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.rules import POState
from groupbuy.warehouse.rules import SLIP

# So many units are nothing unusual, whatever was ordered before.
FEW = 10
OPEN = (RoundState.CLOSED, RoundState.ORDERED)


def place_late_order(
    *,
    round_: Round,
    resident: Resident,
    wishes: Sequence[Wish],
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
    remark: str | None = None,
    submission_key: str | None = None,
    confirmed: bool = False,
) -> Order:
    """Order for a resident in a round that has closed but whose goods are still to come.

    It stands in every figure as if it had been placed in time; suppliers who have their order get an
    amendment with the difference. A prepaid round's order is paid from the wallet at once. What may be a
    slip of the keyboard must be ``confirmed``. Raise as ``ordering.place_order`` does, and RuleBroken
    ``too_late``, ``being_sent``, ``already_received``, ``insufficient_balance``, ``unusual_quantity``.
    """
    if first := first_of(Order, submission_key):
        return first
    purchases, round_ = _lock(round_.id, now)
    leader = resident.leader_in(round_.opens_at)
    ordering.check_leader(round_, leader)
    lines = ordering.priced(round_, leader, wishes)
    if not confirmed:
        _check_slips(lines)
    _take(lines, resident.id)
    rated = [commissions.with_rate_of_close(item.line, round_.id, leader.id) for item in lines]
    order = _record(round_, resident, rated, remark, submission_key, now, actor)
    _follow(round_, order, rated, purchases, zone, now, actor)
    _log(order, now, actor)
    return order


def _lock(round_id: int, now: datetime) -> tuple[Mapping[int, PurchaseOrder], Round]:
    # Purchase orders before their round, as everybody who moves both locks them.
    purchases = amending.lock_orders_of_round(round_id)
    round_ = lifecycle.lock_round(round_id)
    if round_.state not in OPEN:
        raise RuleBroken("too_late", "Late orders are taken between the close and the delivery only.")
    _check_none_in_hand(list(purchases.values()), now)
    return purchases, round_


def _check_none_in_hand(orders: Sequence[PurchaseOrder], now: datetime) -> None:
    """Refuse while a mail with an order is on its way: nobody could tell what it says."""
    for order in orders:
        if order.state == POState.APPROVED and notifying.is_in_hand(order=order, now=now):
            raise RuleBroken("being_sent", "A purchase order is being sent; try again in a minute.")


def _check_slips(lines: Sequence[PricedLine]) -> None:
    """Refuse ten times what everybody has ordered, which a supplier would have in hand at once."""
    ids = [item.offer.offer_id for item in lines]
    rows = db.session.execute(
        select(OfferStock.offer_id, OfferStock.sold).where(OfferStock.offer_id.in_(ids))
    )
    sold = {row[0]: row[1] for row in rows}
    for item in lines:
        before = sold.get(item.offer.offer_id, 0)
        if item.line.quantity >= SLIP * max(before, FEW):
            raise RuleBroken(
                "unusual_quantity",
                f"{item.offer.product_code}: {item.line.quantity} units, where everybody has ordered"
                f" {before}. Is it a slip? Else confirm it.",
                param=f"lines[{item.index}].quantity",
            )


def _take(lines: Sequence[PricedLine], resident_id: int) -> None:
    for item in sorted(lines, key=lambda item: item.offer.offer_id):
        offer, units = item.offer, item.line.quantity
        with at_line(item.index):
            stock.take_after_close(offer_id=offer.offer_id, units=units)
            if offer.per_buyer_limit is not None:
                stock.take_share(
                    offer_id=offer.offer_id, resident_id=resident_id, units=units, limit=offer.per_buyer_limit
                )


def _record(
    round_: Round,
    resident: Resident,
    lines: Sequence[LineToRecord],
    remark: str | None,
    submission_key: str | None,
    now: datetime,
    actor: Actor,
) -> Order:
    leader = resident.leader_in(round_.opens_at)
    head = replace(
        ordering.head_of(round_, resident, leader, now, timedelta()),
        expires_at=None,
        placed_by_id=actor.account_id,
        remark=ordering.checked_remark(remark),
        submission_key=submission_key,
    )
    order = ordering.record(round_, head, lines)
    if round_.payment == "prepaid":
        ordering.mark_paid(order=order, now=now, actor=actor, account=wallet(resident.id))
    return order


def _follow(
    round_: Round,
    order: Order,
    lines: Sequence[LineToRecord],
    purchases: Mapping[int, PurchaseOrder],
    zone: ZoneInfo,
    now: datetime,
    actor: Actor,
) -> None:
    _add_demand(round_.id, order.leader_id, lines)
    amendments, fresh = amending.add_units(
        round_=round_,
        orders=purchases,
        units={line.offer_id: line.quantity for line in lines},
        cause=f"order:{order.number}",
        day=round_.closes_at.astimezone(zone).date(),
        now=now,
        actor=actor.name,
    )
    for purchase in fresh:
        notifying.send_purchase_order(round_=round_, order=purchase, now=now)
    notifying.send_amendments(amendments, round_=round_, now=now)
    commissions.book_late(round_id=round_.id, leader_id=order.leader_id, lines=lines, now=now)
    settling.book_round(round_id=round_.id, now=now)
    pickup.make_bags(round_.pickup_date, leader_ids=[order.leader_id])
    notifying.send_sheets_again(round_=round_, order=order, now=now)


def _add_demand(round_id: int, leader_id: int, lines: Sequence[LineToRecord]) -> None:
    for line in sorted(lines, key=lambda one: one.offer_id):
        amending.add_demand(
            round_id=round_id,
            leader_id=leader_id,
            offer_id=line.offer_id,
            units=line.quantity,
            amount_fen=line.amount_fen,
        )


def _log(order: Order, now: datetime, actor: Actor) -> None:
    db.session.expire(order, ["lines"])
    lines = {str(line.offer_id): line.quantity for line in order.lines}
    after = {"state": order.state, "lines": lines, "after_close": True}
    log_order(order, "order_placed", now, actor.name, after=after)
