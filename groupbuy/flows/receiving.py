"""Goods arrive on a purchase order: accepted, rejected, and what is too much put into stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.submissions import first_of
from groupbuy.flows import attributing, dispatching, mailing
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState
from groupbuy.settlements import payables
from groupbuy.warehouse import receipts, stock, surpluses, tracing, warehouses
from groupbuy.warehouse.models import GoodsReceipt
from groupbuy.warehouse.receipts import Came, LineToStore
from groupbuy.warehouse.rules import confirmations_needed, last_to_expire
from groupbuy.warehouse.surpluses import Surplus

MAX_UNITS = 10**9
MAX_TEXT = 200
ARRIVING = (POState.SENT, POState.CONFIRMED, POState.PART_RECEIVED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of a product: sale units, how many go back and why, batch, best-before day, warehouse.

    ``warehouse`` is the code of where it came in, None for that of the whole delivery.
    """

    product_code: str
    delivered: int
    rejected: int = 0
    reason: str | None = None
    batch: str | None = None
    best_before: date | None = None
    warehouse: str | None = None


def receive_goods(
    *,
    number: str,
    deliveries: Sequence[Delivery],
    tolerance_bp: int,
    now: datetime,
    actor: Actor,
    last: bool = False,
    confirmed: int = 0,
    seen: int | None = None,
    note: str | None = None,
    key: str | None = None,
    warehouse_code: str | None = None,
) -> GoodsReceipt:
    """Book a delivery on a purchase order into a warehouse, the main one where none is named.

    Its parts may name others. The same ``key`` again returns the first receipt.
    ``last`` says that nothing more will come. ``seen`` is how many deliveries the receiver knew of.
    More than ``tolerance_bp`` above what was purchased must be ``confirmed`` once, ten times as much
    twice. Raise NotFound, BadInput with param ``lines[i].…``, and RuleBroken ``not_sent``,
    ``already_received``, ``received_meanwhile``, ``over_delivery``, ``warehouse_closed``.
    """
    order = purchasing.lock_purchase_order(number)
    if first := first_of(GoodsReceipt, key):
        return _same(first, order)
    _check_arriving(order, now, actor)
    if seen is not None and seen != receipts.count_of(order.id):
        raise RuleBroken("received_meanwhile", "Somebody else has booked a delivery meanwhile; look again.")
    lines = _lines_to_store(order, deliveries, now.date())
    _check_over_delivery(order, lines, tolerance_bp, confirmed)
    receipt = receipts.store(
        order=order,
        warehouse=warehouses.get_open(warehouse_code),
        lines=lines,
        note=_text(note, "note"),
        key=key,
        account_id=actor.account_id,
        now=now,
    )
    payables.bring_up_receipt(receipt_id=receipt.id, now=now)
    _log(receipt, lines, now, actor)
    _settle(order, last, now, actor)
    return receipt


def close_rest(*, number: str, now: datetime, actor: Actor) -> PurchaseOrder:
    """Note that nothing more will come on a purchase order.

    Raise NotFound, RuleBroken ``not_sent`` or ``already_received``.
    """
    order = purchasing.lock_purchase_order(number)
    _check_arriving(order, now, actor)
    _settle(order, True, now, actor)
    return order


def _same(receipt: GoodsReceipt, order: PurchaseOrder) -> GoodsReceipt:
    if receipt.purchase_order_id != order.id:
        raise RuleBroken("key_reused", "This submission key belongs to another purchase order.")
    return receipt


def _check_arriving(order: PurchaseOrder, now: datetime, actor: Actor) -> None:
    """Refuse goods on an order that was never given or that is complete."""
    if order.state == POState.APPROVED:
        # Goods on the ramp prove that the order has reached the supplier, however it got there.
        mailing.order_has_left(order.id, now=now, actor=actor.name)
        db.session.refresh(order, ["state"])
    elif order.state == POState.DRAFT:
        raise RuleBroken("not_sent", "This purchase order has not been approved.")
    elif order.state not in ARRIVING:
        raise RuleBroken("already_received", "Nothing more is expected on this purchase order.")


def _lines_to_store(order: PurchaseOrder, deliveries: Sequence[Delivery], today: date) -> list[LineToStore]:
    by_code = {line.product.code: line for line in order.lines}
    if not any(delivery.delivered for delivery in deliveries):
        raise BadInput("required", "Nothing was delivered; close the rest instead.", param="lines")
    return [_checked(by_code, index, one, today) for index, one in enumerate(deliveries) if one.delivered]


def _checked(
    by_code: Mapping[str, PurchaseOrderLine], index: int, delivery: Delivery, today: date
) -> LineToStore:
    line = by_code.get(delivery.product_code)
    param = f"lines[{index}]"
    if line is None:
        raise BadInput("unknown_product", "The order has no such product.", param=f"{param}.product_code")
    if not 0 <= delivery.delivered <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_UNITS}.", param=f"{param}.delivered")
    if not 0 <= delivery.rejected <= delivery.delivered:
        raise BadInput("out_of_range", "Reject no more than was delivered.", param=f"{param}.rejected")
    reason = _text(delivery.reason, f"{param}.reason")
    if delivery.rejected and reason is None:
        raise BadInput("required", "Say why goods are rejected.", param=f"{param}.reason")
    _check_day(delivery, today, param)
    batch, place = _text(delivery.batch, f"{param}.batch"), _place(delivery.warehouse, f"{param}.warehouse")
    what = (line.id, delivery.delivered, delivery.rejected, reason, batch, delivery.best_before)
    return LineToStore(*what, warehouse_id=place)


def _check_day(delivery: Delivery, today: date, param: str) -> None:
    """Refuse to accept goods that are past their day: a slip of the keyboard most often.

    The day in UTC is never later than where goods are handed out, so nothing is refused on its last day.
    """
    accepted = delivery.delivered - delivery.rejected
    if accepted and delivery.best_before and delivery.best_before < today:
        raise BadInput(
            "past_its_date",
            "These goods are past their best-before day: correct it, or reject them.",
            param=f"{param}.best_before",
        )


def _place(code: str | None, param: str) -> int | None:
    try:
        return warehouses.get_open(code).id if code else None
    except (NotFound, RuleBroken) as error:
        raise BadInput(error.code, error.message, param=param) from error


def _text(text: str | None, param: str) -> str | None:
    trimmed = (text or "").strip()
    if len(trimmed) > MAX_TEXT:
        raise BadInput("too_long", f"At most {MAX_TEXT} characters.", param=param)
    return trimmed or None


def _check_over_delivery(
    order: PurchaseOrder, lines: Sequence[LineToStore], tolerance_bp: int, confirmed: int
) -> None:
    came = receipts.came_so_far(order.id)
    for line in order.lines:
        now = sum(one.delivered for one in lines if one.purchase_order_line_id == line.id)
        # What was rejected before has left again, and others may come in its place.
        in_all = came.get(line.id, Came()).accepted + now
        needed = confirmations_needed(delivered=in_all, purchased=line.purchased, tolerance_bp=tolerance_bp)
        if now and needed > confirmed:
            raise _over_delivery(line, in_all, slip=needed > 1)


def _over_delivery(line: PurchaseOrderLine, in_all: int, *, slip: bool) -> RuleBroken:
    code, ordered = line.product.code, line.purchased
    if slip:
        return RuleBroken(
            "over_delivery",
            f"{code}: {in_all} came in all, {ordered} were ordered. Is it a slip? Else confirm it twice.",
            param=code,
        )
    return RuleBroken(
        "over_delivery",
        f"{code}: {in_all} came in all, {ordered} were ordered. Confirm that so much came.",
        param=code,
    )


def _log(receipt: GoodsReceipt, lines: Sequence[LineToStore], now: datetime, actor: Actor) -> None:
    units = {
        "delivered": sum(line.delivered for line in lines),
        "rejected": sum(line.rejected for line in lines),
    }
    audit.record(
        at=now,
        actor=actor.name,
        verb="goods_received",
        subject_kind="goods_receipt",
        subject=receipt.number,
        after=units,
    )


def _settle(order: PurchaseOrder, last: bool, now: datetime, actor: Actor) -> None:
    """Move the order as far as it has come."""
    came = receipts.came_so_far(order.id)
    complete = all(came.get(line.id, Came()).accepted >= line.purchased for line in order.lines)
    incomplete = POState.CLOSED if last else POState.PART_RECEIVED
    new = POState.RECEIVED if complete else incomplete
    purchase_orders.move(order=order, old=ARRIVING, new=new, now=now, actor=actor.name)
    if new is not POState.PART_RECEIVED:
        nothing_more_comes(order=order, now=now, actor=actor)


def nothing_more_comes(*, order: PurchaseOrder, now: datetime, actor: Actor) -> None:
    """Put what is too much of an order on which nothing more will come into stock; look at its round."""
    # The round's row is locked, so that of two last deliveries one sees the other.
    round_ = lifecycle.lock_round(order.round_id)
    attributing.attribute(round_id=round_.id, now=now, actor=actor)
    for surplus in surpluses.of_order(order):
        _put(surplus, order.round_id, now, actor)
    _finish_round(round_, now, actor)


def _put(surplus: Surplus, round_id: int, now: datetime, actor: Actor) -> None:
    stock.put(
        product_id=surplus.product_id,
        units=surplus.units,
        # What expires first is handed out, the rest keeps longest.
        batches=last_to_expire(tracing.came_for(round_id, surplus.product_id), surplus.units),
        cost_fen=surplus.cost_fen,
        kind="receipt_surplus",
        cause=("purchase_order_line", surplus.line_id),
        now=now,
        actor=actor.name,
    )


def _finish_round(round_: Round, now: datetime, actor: Actor) -> None:
    if purchasing.all_arrived(round_.id):
        lifecycle.move(
            round_=round_, old=(RoundState.ORDERED,), new=RoundState.RECEIVED, now=now, actor=actor.name
        )
        dispatching.dispatch(round_=round_, now=now, actor=actor)
