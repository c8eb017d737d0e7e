"""Promised goods (补发、换货) come with the next round: an order of their own that costs nothing.

Demand, purchase, bag, pickup sheet and hand-out are those of every order. It earns no commission. What no
round brings within the days that operators set is paid back instead. Another product than the one that was
bought is paid for with what that one cost: see ``exchanging``.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from groupbuy.aftersales import rules
from groupbuy.aftersales.models import AfterSaleCase, Replacement
from groupbuy.aftersales.rules import CaseState, PromiseState
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns import stock
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions.queries import plan_for
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance.dials import dials
from groupbuy.flows import crediting, exchanging, ordering, pricing
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import MAX_FEN
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders import service
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.service import LineToRecord
from groupbuy.pickup import capacity

OVER = (OrderState.PICKED_UP, OrderState.CANCELLED)
MOST_AT_ONCE = 200


def due(now: datetime) -> Sequence[Replacement]:
    """Return promises of which something can be said or done now."""
    return [*_handed_out(), *_late(now), *_to_place(now)]


def move_on(*, replacement_id: int, now: datetime) -> str | None:
    """Bring a promise on: follow its order, pay it back where it is late, or order it; None for nothing."""
    if (row := _lock(replacement_id, PromiseState.PLACED)) is not None:
        return _follow(row, now)
    if refund(replacement_id=replacement_id, now=now) is not None:
        return PromiseState.REFUNDED
    return place(replacement_id=replacement_id, now=now)


def _to_place(now: datetime) -> list[Replacement]:
    """Return promises that a round which sells now can keep, the oldest first."""
    sells = and_(Round.state == RoundState.OPEN, Round.closes_at > now, Round.opens_at <= now)
    left = or_(
        OfferStock.limit_units.is_(None), OfferStock.sold + Replacement.units <= OfferStock.limit_units
    )
    rows = db.session.scalars(
        select(Replacement)
        .join(Offer, and_(Offer.product_id == Replacement.product_id, Offer.state == "active"))
        .join(Round, and_(Round.id == Offer.round_id, sells))
        .join(OfferStock, and_(OfferStock.offer_id == Offer.id, left))
        .where(Replacement.state == PromiseState.WAITING)
        .distinct()
        .order_by(Replacement.id)
        .limit(MOST_AT_ONCE)
    ).all()
    return [row for row in rows if _rounds_for(row, now)]


def place(*, replacement_id: int, now: datetime) -> str | None:
    """Order promised goods in the first round that can bring them; return its name, None for none."""
    _lock_paid(replacement_id)
    row = _lock(replacement_id, PromiseState.WAITING)
    if row is None:
        return None
    for round_, offer in _rounds_for(row, now):
        try:
            with db.session.begin_nested():
                order = _order(row, round_, offer, now)
                if exchanging.is_other(row):
                    exchanging.pay_over(row=row, order=order, now=now)
        except RuleBroken:
            # Sold out or full meanwhile, or dearer: another round may have it.
            db.session.refresh(row)
            continue
        row.state, row.order_id = PromiseState.PLACED, order.id
        db.session.flush()
        _log("replacement_placed", row, now, {"order": order.number, "round": round_.name})
        _tell(row, now, _placed_words(row, round_, order))
        return round_.name
    return None


def _rounds_for(row: Replacement, now: datetime) -> list[tuple[Round, OfferForLeader]]:
    """Return the rounds that offer promised goods to their resident now, the first cut-off first."""
    resident, code = row.case.order.resident, row.product.code
    chosen = (
        select(Round)
        .join(Offer, Offer.round_id == Round.id)
        .where(Offer.product_id == row.product_id, Offer.state == "active")
        .where(Round.state == RoundState.OPEN, Round.opens_at <= now, Round.closes_at > now)
    )
    found = []
    for round_ in db.session.scalars(chosen.order_by(Round.closes_at, Round.id)):
        leader = resident.leader_in(round_.opens_at)
        offers = campaigns.offers_for_leader(round_id=round_.id, leader_id=leader.id, product_codes=[code])
        full = capacity.is_full(leader=leader, resident_id=resident.id, day=round_.pickup_date)
        if offers and leader.state == "active" and campaigns.takes_part(round_, leader.id) and not full:
            found.append((round_, offers[0]))
    return found


def _order(row: Replacement, round_: Round, offer: OfferForLeader, now: datetime) -> Order:
    """Write the order that brings promised goods: confirmed, whatever its round asks for."""
    resident = row.case.order.resident
    leader = resident.leader_in(round_.opens_at)
    ordering.check_round(round_, now)
    capacity.hold_place(leader=leader, resident_id=resident.id, day=round_.pickup_date)
    stock.take(offer_id=offer.offer_id, units=row.units)
    if offer.per_buyer_limit is not None:
        # What is owed is not refused by a limit, but it is counted like everything else.
        stock.take_share(offer_id=offer.offer_id, resident_id=resident.id, units=row.units, limit=MAX_FEN)
    head = replace(
        ordering.head_of(round_, resident, leader, now, timedelta()),
        state=OrderState.CONFIRMED,
        expires_at=None,
        remark=f"售后 {row.case.number}",
    )
    order = service.record(head=head, lines=[_line(row, offer, leader)])
    service.move(order=order, old=[OrderState.CONFIRMED], new=OrderState.CONFIRMED, paid_at=now)
    audit.record(
        at=now,
        actor=SCHEDULER,
        verb="order_placed",
        subject_kind="order",
        subject=order.number,
        after={"state": order.state, "lines": {str(offer.offer_id): row.units}, "case": row.case.number},
    )
    return order


def _line(row: Replacement, offer: OfferForLeader, leader: Leader) -> LineToRecord:
    """Return what an order brings: the same product for nothing, another one at its price."""
    if not exchanging.is_other(row):
        return LineToRecord(offer.offer_id, offer.version_id, row.units, 0, 0, 0, None)
    plan = plan_for(offers=[offer], leader_id=leader.id, level_id=leader.level_id)
    return pricing.agreed_line(offer, plan, leader, row.units)


def _handed_out() -> Sequence[Replacement]:
    """Return promises whose order has been handed out or cancelled."""
    over = select(Replacement).join(Order, Order.id == Replacement.order_id)
    placed = (Replacement.state == PromiseState.PLACED, Order.state.in_(OVER))
    return db.session.scalars(over.where(*placed).order_by(Replacement.id).limit(MOST_AT_ONCE)).all()


def _follow(row: Replacement, now: datetime) -> str | None:
    """Note what became of promised goods: with the resident, or to wait for the next round."""
    if row.order is None or row.order.state not in OVER:
        return None
    handed = row.order.state == OrderState.PICKED_UP
    brought = select(total(OrderLine.quantity)).where(OrderLine.order_id == row.order_id)
    here, waits = rules.arrived(row.units, (db.session.scalar(brought) or 0) if handed else 0)
    # What costs something was paid back over there where it came short.
    paid_back = row.credit_fen is not None
    if here:
        row.units, row.state = here, PromiseState.HANDED_OUT
        db.session.add_all([_rest(row, waits, paid_back)] if waits else [])
        _log("replacement_handed_out", row, now, {"units": here})
    elif paid_back:
        row.state = PromiseState.REFUNDED
        _log("replacement_refunded", row, now, {"units": waits})
    else:
        row.state = PromiseState.WAITING
        _log("replacement_waits", row, now, {"units": waits})
    db.session.flush()
    _close(row.case, now)
    return row.state


def _rest(row: Replacement, units: int, paid_back: bool) -> Replacement:
    return Replacement(
        state=PromiseState.REFUNDED if paid_back else PromiseState.WAITING,
        case_id=row.case_id,
        order_line_id=row.order_line_id,
        product_id=row.product_id,
        units=units,
        promised_at=row.promised_at,
    )


def _late(now: datetime) -> Sequence[Replacement]:
    """Return promises that no round has kept in the days that operators set."""
    days = dials().replace_days
    if not days:
        return []
    late = (Replacement.state == PromiseState.WAITING, Replacement.promised_at <= now - timedelta(days=days))
    return db.session.scalars(
        select(Replacement).where(*late).order_by(Replacement.id).limit(MOST_AT_ONCE)
    ).all()


def refund(*, replacement_id: int, now: datetime) -> int | None:
    """Pay goods back that no round has brought in time; return how much, in fen, None while it has time."""
    _lock_paid(replacement_id)
    row, days = _lock(replacement_id, PromiseState.WAITING), dials().replace_days
    if row is None or not rules.is_late(row.promised_at, days, now):
        return None
    row.state = PromiseState.REFUNDED
    fen = crediting.take_off(
        {row.order_line_id: row.units}, cause=f"replacement:{row.id}", now=now, actor=Actor(SCHEDULER)
    )
    row.case.refund_fen += fen
    db.session.flush()
    _log("replacement_refunded", row, now, {"refund_fen": fen})
    _tell(row, now, {"zh": "改为退款", "en": "paid back instead"})
    _close(row.case, now)
    return fen


def _lock_paid(replacement_id: int) -> None:
    """Lock the order that a promise was paid on: orders are locked before what hangs on them."""
    promised = select(Replacement.order_line_id).where(Replacement.id == replacement_id)
    crediting.lock_paid(db.session.scalars(promised).all())


def _lock(replacement_id: int, state: PromiseState) -> Replacement | None:
    """Lock a promise and return it while it is in a state; None when somebody else was first."""
    chosen = select(Replacement).where(Replacement.id == replacement_id, Replacement.state == state)
    return db.session.scalar(chosen.with_for_update().execution_options(populate_existing=True))


def _close(case: AfterSaleCase, now: datetime) -> None:
    """Close a case whose promises are all kept or paid back."""
    still = (PromiseState.WAITING, PromiseState.PLACED)
    waiting = select(func.count()).where(Replacement.case_id == case.id, Replacement.state.in_(still))
    if case.state == CaseState.APPROVED and not db.session.scalar(waiting):
        case.state = CaseState.CLOSED
        db.session.flush()
        audit.record(
            at=now,
            actor=SCHEDULER,
            verb="after_sale_fulfilled",
            subject_kind="after_sale_case",
            subject=case.number,
            after={"state": case.state, "refund_fen": case.refund_fen},
        )


def _placed_words(row: Replacement, round_: Round, order: Order) -> dict[str, str]:
    day = round_.pickup_date.isoformat()
    words = {
        "zh": f"已安排随 {round_.title}（{day}）一起提货",
        "en": f"to be fetched with {round_.title} on {day}",
    }
    if row.credit_fen is None:
        return words
    difference = exchanging.difference_words(row, order)
    return {language: text + difference[language] for language, text in words.items()}


def _tell(row: Replacement, now: datetime, state: dict[str, str]) -> None:
    values: dict[str, Value] = {"case": row.case.number, "state": state, "answer": row.case.answer or ""}
    who = recipient(RESIDENT, row.case.order.resident_id)
    telling.tell(
        [Notice(f"replacement-{row.id}-{row.order_id or 0}-{row.state}", "after_sale", who, values)], now=now
    )


def _log(verb: str, row: Replacement, now: datetime, after: dict[str, object]) -> None:
    audit.record(
        at=now,
        actor=SCHEDULER,
        verb=verb,
        subject_kind="after_sale_case",
        subject=row.case.number,
        after={"product": row.product.code} | after,
    )
