"""Goods were not as they should be: somebody asks, somebody decides, and it is put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.aftersales import queries, rules
from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine, SupplierClaim
from groupbuy.aftersales.rules import CaseState, Goods, Kind, Reason
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.db.submissions import first_of, own_key
from groupbuy.flows import crediting, freeing, promising, taking_back
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.pickup.parts import NOT_READY
from groupbuy.settlements import adjusting
from groupbuy.warehouse import origins
from groupbuy.warehouse.origins import Part

STATES: Mapping[CaseState, Mapping[str, str]] = {
    CaseState.REJECTED: {"zh": "未通过", "en": "refused"},
    CaseState.APPROVED: {"zh": "已同意", "en": "agreed to"},
}
OVER = (OrderState.CANCELLED, OrderState.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for: sale units by product code, why, and pictures that are stored already."""

    kind: Kind
    reason: Reason
    text: str
    units: Mapping[str, int]
    photos: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """Who is charged with the cost of a case's goods, and for how many units of each line.

    Without a supplier it is each offer's own, without units all that the case is about.
    """

    supplier_id: int | None = None
    units: Mapping[int, int] | None = None


def ask(
    *,
    order: Order,
    request: Request,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
    submission_key: str | None = None,
) -> AfterSaleCase:
    """Open a case about an order; the same key again returns the first.

    Raise BadInput, RuleBroken ``not_ready`` before the close, ``order_cancelled``, ``too_late`` after the
    time for the goods' category, ``more_than_bought`` for units that were not bought or are in another
    open case.
    """
    lock_order(order)
    key = own_key(order.id, submission_key)
    if first := first_of(AfterSaleCase, key):
        return first
    _check(order, request)
    lines = _asked_lines(order, request, now, zone)
    return _open(order, request, lines, now, actor, key)


def open_whenever(*, order: Order, request: Request, now: datetime, actor: Actor, key: str) -> AfterSaleCase:
    """Open a case about a locked order that the operator asked for, however late; again is the first.

    Raise as ``ask`` does, but for ``too_late``.
    """
    if first := first_of(AfterSaleCase, key):
        return first
    _check(order, request)
    return _open(order, request, _lines_for(order, request), now, actor, key)


def _open(
    order: Order,
    request: Request,
    lines: list[AfterSaleLine],
    now: datetime,
    actor: Actor,
    key: str | None,
) -> AfterSaleCase:
    case = AfterSaleCase(
        number=ids.order_number(),
        order_id=order.id,
        kind=request.kind,
        reason=request.reason,
        text=request.text.strip(),
        photos=list(request.photos),
        asked_at=now,
        asked_by=actor.name,
        submission_key=key,
    )
    case.lines = lines
    db.session.add(case)
    db.session.flush()
    _log("after_sale_asked", case, now, actor, {"kind": case.kind, "reason": case.reason})
    return queries.get_case(case.number)


def _asked_lines(order: Order, request: Request, now: datetime, zone: ZoneInfo) -> list[AfterSaleLine]:
    askable = queries.askable(order.id)
    lines = _lines_for(order, request)
    for code in request.units:
        rules.check_in_time(askable[code].name, askable[code].until, now, zone)
    return lines


def _lines_for(order: Order, request: Request) -> list[AfterSaleLine]:
    askable = queries.askable(order.id)
    units = {code: one.units for code, one in askable.items()}
    rules.check_units(request.units, units, {code: one.name for code, one in askable.items()})
    return [
        AfterSaleLine(order_line_id=askable[code].line_id, units=units)
        for code, units in request.units.items()
    ]


def _check(order: Order, request: Request) -> None:
    if order.round.state in (*NOT_READY, RoundState.CANCELLED):
        raise RuleBroken("not_ready", "The round of this order has not closed yet.")
    if order.state in OVER:
        raise RuleBroken("order_cancelled", "This order has been cancelled.")
    if not 1 <= len(request.text.strip()) <= rules.MAX_TEXT:
        raise BadInput("required", "Describe what is wrong.", param="text")
    if len(request.photos) > rules.MAX_PHOTOS:
        raise BadInput("out_of_range", f"At most {rules.MAX_PHOTOS} pictures.", param="photos")


def decide(
    *,
    number: str,
    approve: bool,
    answer: str,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
    goods: Goods = Goods.KEPT,
    charge: Charge | None = None,
    agreed: Mapping[int, int] | None = None,
    instead: str | None = None,
) -> AfterSaleCase:
    """Decide a case, once: of two people at the same time one wins, the other is told.

    An approved refund takes the units off their lines, so that what was paid above is owed back and the
    commission follows; a replacement comes in the next round, an exchange as the product ``instead`` where
    a code is given. ``goods`` is what becomes of them, and the stock with them. Of a line fewer units than
    asked for may be ``agreed`` to. Raise NotFound, BadInput, RuleBroken ``already_decided``,
    ``more_than_bought``, ``not_there``, ``already_back``, ``only_a_complaint``.
    """
    case = queries.get_case(number)
    _check_answer(answer, approve)
    if approve:
        rules.check_complaint(Kind(case.kind), goods, charged=charge is not None)
    freeing.lock_round_of(case)
    crediting.lock_paid([line.order_line_id for line in case.lines])
    order = lock_order(case.order)
    new = rules.after_approval(Kind(case.kind)) if approve else CaseState.REJECTED
    _move(case, CaseState.ASKED, new, now, actor)
    _agree(case, agreed if approve and agreed else {})
    case.answer, case.goods = answer.strip() or None, goods if approve else Goods.KEPT
    taking_back.take_back(case=case, order=order, goods=Goods(case.goods), now=now, zone=zone, actor=actor)
    if approve:
        _carry_out(case, order, instead, charge, now, actor)
    db.session.flush()
    after: dict[str, Any] = {"state": new, "refund_fen": case.refund_fen, "goods": case.goods}
    _log("after_sale_decided", case, now, actor, after)
    _tell(case, now)
    return case


def _carry_out(
    case: AfterSaleCase, order: Order, instead: str | None, charge: Charge | None, now: datetime, actor: Actor
) -> None:
    """Pay back, or promise what comes instead, and charge whose fault it was."""
    if case.kind == Kind.REFUND:
        case.refund_fen = _pay_back(case, order, now, actor)
    if case.state == CaseState.APPROVED:
        promising.promise(case=case, instead=instead, now=now)
    if charge is not None:
        _charge(case, charge, now, actor)


def _pay_back(case: AfterSaleCase, order: Order, now: datetime, actor: Actor) -> int:
    wanted = {line.order_line_id: line.units for line in case.lines}
    freed = freeing.freed_by(case, order)
    return crediting.take_off(wanted, cause=f"after_sale:{case.id}", now=now, actor=actor, freed=freed)


def _agree(case: AfterSaleCase, agreed: Mapping[int, int]) -> None:
    for line in case.lines:
        units = agreed.get(line.order_line_id, line.units)
        if not 1 <= units <= line.units:
            raise BadInput("out_of_range", f"Between 1 and {line.units}.", param="units")
        line.units = units


def _check_answer(answer: str, approve: bool) -> None:
    if not answer.strip() and not approve:
        raise BadInput("required", "Say why.", param="answer")
    if len(answer.strip()) > rules.MAX_TEXT:
        raise BadInput("too_long", f"At most {rules.MAX_TEXT} characters.", param="answer")


def withdraw(*, case: AfterSaleCase, now: datetime, actor: Actor) -> AfterSaleCase:
    """Take a request back that nobody has decided; raise RuleBroken ``already_decided``."""
    _move(case, CaseState.ASKED, CaseState.WITHDRAWN, now, actor)
    _log("after_sale_withdrawn", case, now, actor, {"state": case.state})
    return case


def fulfil(*, number: str, now: datetime, actor: Actor) -> AfterSaleCase:
    """Note that promised goods have been handed over outside a round.

    Raise NotFound, RuleBroken ``already_decided``, ``on_its_way`` for what a round brings already.
    """
    case = queries.get_case(number)
    lock_order(case.order)
    promising.hand_over(case=case)
    _move(case, CaseState.APPROVED, CaseState.CLOSED, now, actor)
    _log("after_sale_fulfilled", case, now, actor, {"state": case.state})
    return case


def _move(case: AfterSaleCase, old: CaseState, new: CaseState, now: datetime, actor: Actor) -> None:
    if not move_state(case, old, new, decided_at=now, decided_by=actor.name):
        raise RuleBroken("already_decided", "This has been decided meanwhile.")


def _charge(case: AfterSaleCase, charge: Charge, now: datetime, actor: Actor) -> None:
    """Charge the suppliers with what the goods had cost, and owe them so much less."""
    for line in case.lines:
        units = line.units if charge.units is None else charge.units[line.order_line_id]
        offer, cost_fen = line.line.offer, line.line.offer_version.cost_fen
        parts = origins.charges(offer, units, cost_fen, charge.supplier_id)
        for part in parts:
            whose = f":{part.supplier_id}" if len(parts) > 1 else ""
            _charge_part(case, offer.product, units, part, f"after_sale:{case.id}{whose}", now, actor)


def _charge_part(
    case: AfterSaleCase, product: Product, units: int, part: Part, cause: str, now: datetime, actor: Actor
) -> None:
    claim = SupplierClaim(
        supplier_id=part.supplier_id, product_id=product.id, amount_fen=part.amount_fen, cause=cause, at=now
    )
    db.session.add(claim)
    db.session.flush()
    adjusting.adjust(
        supplier_id=part.supplier_id,
        kind="claim",
        amount_fen=-part.amount_fen,
        cause=f"supplier_claim:{claim.id}",
        note=f"售后 {case.number} {product.code} × {units}",
        now=now,
        actor=actor.name,
    )


def _tell(case: AfterSaleCase, now: datetime) -> None:
    state = STATES.get(CaseState(case.state), {"zh": "已办结", "en": "settled"})
    values: dict[str, Value] = {"case": case.number, "state": state, "answer": case.answer or ""}
    who = recipient(RESIDENT, case.order.resident_id)
    telling.tell([Notice(f"after-sale-{case.id}", "after_sale", who, values)], now=now)


def _log(verb: str, case: AfterSaleCase, now: datetime, actor: Actor, after: Mapping[str, Any]) -> None:
    audit.record(
        at=now, actor=actor.name, verb=verb, subject_kind="after_sale_case", subject=case.number, after=after
    )
