"""More is ordered after the close: demand, purchase orders, and what changed on those that have left."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from groupbuy.audit import service as audit
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.purchasing.models import (
    Demand,
    PurchaseAmendment,
    PurchaseAmendmentLine,
    PurchaseOrder,
    PurchaseOrderLine,
)
from groupbuy.purchasing.planning import PlannedLine, PlannedOrder, plan_purchases
from groupbuy.purchasing.queries import FINAL, offers_on
from groupbuy.purchasing.rules import (
    CasePolicy,
    CaseRounding,
    POState,
    below_minimum,
    round_to_cases,
    with_cases,
)
from groupbuy.purchasing.service import store_orders

# Between the number of a purchase order and that of its amendment.
MARK = "-A"
GONE = (POState.SENT, POState.CONFIRMED, POState.PART_RECEIVED)


def add_demand(*, round_id: int, leader_id: int, offer_id: int, units: int, amount_fen: int) -> None:
    """Add sale units and fen to what a leader's residents ordered of an offer of a closed round."""
    row = {"round_id": round_id, "leader_id": leader_id, "offer_id": offer_id}
    statement = insert_into(Demand).values(**row, units=units, amount_fen=amount_fen)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=list(row),
            set_={"units": Demand.units + units, "amount_fen": Demand.amount_fen + amount_fen},
        )
    )


def lock_orders_of_round(round_id: int) -> Mapping[int, PurchaseOrder]:
    """Lock a round's purchase orders in the order of their keys and return them by supplier id."""
    chosen = select(PurchaseOrder).where(PurchaseOrder.round_id == round_id).order_by(PurchaseOrder.id)
    orders = db.session.scalars(chosen.with_for_update().execution_options(populate_existing=True)).all()
    return {order.supplier_id: order for order in orders}


def add_units(
    *,
    round_: Round,
    orders: Mapping[int, PurchaseOrder],
    units: Mapping[int, int],
    cause: str,
    day: date,
    now: datetime,
    actor: str,
) -> tuple[list[PurchaseAmendment], list[PurchaseOrder]]:
    """Buy more of some offers (sale units by offer id); what was bought too much before is used first.

    Where several suppliers deliver an offer, the one that has most too much of it gets the whole. Return
    the amendments of orders that have left, and orders made anew. ``orders`` are those of the round,
    locked. Raise RuleBroken ``already_received`` where nothing more can come.
    """
    amendments, fresh = [], []
    plan = plan_purchases(round_id=round_.id, units=units, free_stock={}, policy=round_.surplus_policy)
    for planned in _to_takers(plan, _takers(round_.id, units)):
        order = orders.get(planned.supplier_id)
        if order is None:
            fresh.append(_make(planned, round_, day, now))
        elif order.state in FINAL:
            raise RuleBroken("already_received", f"Nothing more can be ordered on {order.number}.")
        elif (changed := _enlarge(order, planned, round_.surplus_policy)) and order.state in GONE:
            amendments.append(_amend(order, changed, cause, now, actor))
    return amendments, fresh


def _takers(round_id: int, offer_ids: Collection[int]) -> Mapping[int, int]:
    """Return by offer the supplier that can still bring more of it, of several the one with most surplus."""
    open_ = offers_on(round_id).where(PurchaseOrder.state.not_in(FINAL))
    chosen = open_.add_columns(PurchaseOrder.supplier_id).where(PurchaseOrderLine.offer_id.in_(offer_ids))
    # Of several rows with one key the last one stays.
    rows = db.session.execute(chosen.order_by(PurchaseOrderLine.surplus, PurchaseOrderLine.id.desc()))
    return {row[0]: row[1] for row in rows}


def _to_takers(plan: Sequence[PlannedOrder], takers: Mapping[int, int]) -> Iterator[PlannedOrder]:
    """Yield a plan with each line at the supplier that brings it; a line's own terms stand in its order."""
    heads = {planned.supplier_id: planned for planned in plan}
    lines: dict[int, list[PlannedLine]] = {}
    for planned in plan:
        for line in planned.lines:
            lines.setdefault(takers.get(line.offer_id, planned.supplier_id), []).append(line)
    for supplier_id, moved in lines.items():
        head = heads.get(supplier_id, plan[0])
        yield replace(head, supplier_id=supplier_id, lines=tuple(moved))


def _make(planned: PlannedOrder, round_: Round, day: date, now: datetime) -> PurchaseOrder:
    store_orders([planned], round_id=round_.id, day=day, due_date=round_.pickup_date, now=now)
    made = select(PurchaseOrder).where(PurchaseOrder.round_id == round_.id)
    return db.session.scalars(made.where(PurchaseOrder.supplier_id == planned.supplier_id)).one()


Changed = list[tuple[PurchaseOrderLine, int]]


def _enlarge(order: PurchaseOrder, planned: PlannedOrder, policy: str) -> Changed:
    """Bring lines to what is ordered now; return those that buy more, with what they bought before."""
    by_offer = {line.offer_id: line for line in order.lines}
    changed = []
    for wanted in planned.lines:
        line = by_offer.get(wanted.offer_id) or _add_line(order, wanted)
        former = line.purchased
        _set(line, _more(line, wanted.cases.ordered, policy))
        if line.purchased != former:
            # What the supplier has said was said of less.
            line.confirmed = None
            changed.append((line, former))
    order.units = sum(line.purchased for line in order.lines)
    order.cost_fen = sum(line.amount_fen for line in order.lines)
    order.below_minimum = order.units > 0 and below_minimum(order.cost_fen, order.supplier.min_order_fen)
    db.session.flush()
    return changed


def _add_line(order: PurchaseOrder, wanted: PlannedLine) -> PurchaseOrderLine:
    nothing = CaseRounding(0, 0, 0, wanted.cases.case_size, 0, 0, 0)
    line = PurchaseOrderLine(
        purchase_order_id=order.id,
        offer_id=wanted.offer_id,
        product_id=wanted.product_id,
        cost_fen=wanted.cost_fen,
        amount_fen=0,
        **asdict(nothing),
    )
    order.lines.append(line)
    return line


def _more(line: PurchaseOrderLine, units: int, policy: str) -> CaseRounding:
    """Return a line with so much more ordered; cases bought stay bought, those left out stay left out."""
    left_out = _left_out(line, policy)
    rounding = round_to_cases(
        ordered=line.ordered + units - left_out,
        free_stock=line.from_stock,
        case_size=line.case_size,
        policy=policy,
    )
    bought = max(line.cases, rounding.cases)
    return with_cases(replace(rounding, ordered=line.ordered + units), bought - rounding.cases)


def _left_out(line: PurchaseOrderLine, policy: str) -> int:
    """Return the units that whoever approved the order decided not to buy; less than a case is its rule's."""
    rounded_down = line.shortfall % line.case_size if policy == CasePolicy.SHORTFALL else 0
    return line.shortfall - rounded_down


def _set(line: PurchaseOrderLine, rounding: CaseRounding) -> None:
    for name, value in asdict(rounding).items():
        setattr(line, name, value)
    line.amount_fen = rounding.purchased * line.cost_fen


def _amend(
    order: PurchaseOrder, changed: Changed, cause: str, now: datetime, actor: str
) -> PurchaseAmendment:
    count = select(func.count()).where(PurchaseAmendment.purchase_order_id == order.id)
    amendment = PurchaseAmendment(
        number=f"{order.number}{MARK}{(db.session.scalar(count) or 0) + 1}",
        purchase_order_id=order.id,
        cause=cause,
        at=now,
        actor=actor,
    )
    amendment.lines = [
        PurchaseAmendmentLine(purchase_order_line_id=line.id, former=former, purchased=line.purchased)
        for line, former in changed
    ]
    db.session.add(amendment)
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="purchase_order_amended",
        subject_kind="purchase_order",
        subject=order.number,
        before={"lines": {line.product.code: former for line, former in changed}},
        after={"lines": {line.product.code: line.purchased for line, _ in changed}, "cause": cause},
    )
    return amendment


def amendments_of(order_id: int) -> Sequence[PurchaseAmendment]:
    """Return what changed on an order after it had left, the first change first, with its lines."""
    products = selectinload(PurchaseAmendment.lines).joinedload(PurchaseAmendmentLine.line)
    chosen = select(PurchaseAmendment).where(PurchaseAmendment.purchase_order_id == order_id)
    loaded = chosen.options(products.joinedload(PurchaseOrderLine.product))
    return db.session.scalars(loaded.order_by(PurchaseAmendment.id)).all()


def get_amendment(number: str) -> PurchaseAmendment:
    """Return an amendment by its number; raise NotFound."""
    lines = selectinload(PurchaseAmendment.lines).joinedload(PurchaseAmendmentLine.line)
    chosen = select(PurchaseAmendment).where(PurchaseAmendment.number == number)
    found = db.session.scalar(chosen.options(lines.joinedload(PurchaseOrderLine.product)))
    if found is None:
        raise NotFound("unknown_amendment", "There is no such amendment.")
    return found


def order_of(number: str) -> str:
    """Return the number of the purchase order that an amendment is of, whether there is one or not."""
    return number.rpartition(MARK)[0]


def note_told(*, amendment: PurchaseAmendment, now: datetime, actor: str) -> None:
    """Note that the supplier has an amendment; again changes nothing."""
    if amendment.told_at is None:
        amendment.told_at = now
        db.session.flush()
        audit.record(
            at=now,
            actor=actor,
            verb="amendment_told",
            subject_kind="purchase_amendment",
            subject=amendment.number,
        )
