"""A batch is bad (批次索赔): its buyers are asked, what they say is credited until the supplier answers.

Each piece that somebody says is bad is an after-sale case of its own order. The supplier's answer decides
them all: what it takes over is paid back and charged to it.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import AfterSaleCase, LotClaim, LotReply
from groupbuy.aftersales.rules import CaseState, Kind, LotState, Reason
from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.flows import putting_right
from groupbuy.flows.ordering import Actor
from groupbuy.flows.putting_right import Request
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import part_of
from groupbuy.warehouse import tracing
from groupbuy.warehouse.models import StockBatch


def open_claim(
    *,
    batch_id: int,
    supplier_code: str,
    text: str,
    until: datetime,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> LotClaim:
    """Open a claim on a batch and ask everybody who has goods of it, or may, each resident once.

    Raise NotFound, BadInput, RuleBroken ``already_claimed``, ``nobody_has_it``.
    """
    batch = tracing.get_batch(batch_id)
    supplier = _supplier(batch, supplier_code)
    if not 1 <= len(text.strip()) <= rules.MAX_TEXT:
        raise BadInput("required", "Say what may be wrong with the goods.", param="text")
    if until <= now:
        raise BadInput("out_of_range", "Choose a later moment.", param="until")
    claim = _store(batch, supplier, text.strip(), until, now, actor)
    lines = tracing.lines_of(batch)
    if not lines:
        raise RuleBroken("nobody_has_it", "No order holds goods of this batch.")
    columns = ("claim_id", "order_line_id", "resident_id", "units", "credit_fen")
    rows = [dict(zip(columns, (claim.id, *line, 0), strict=True)) for line in lines]
    db.session.execute(insert(LotReply), rows)
    _ask(claim, sorted({resident_id for _, resident_id, _ in lines}), zone, now)
    _log("lot_claim_opened", claim, now, actor.name, {"lines": len(lines), "supplier": supplier.code})
    return claim


def suppliers_of(batch: StockBatch) -> Sequence[Supplier]:
    """Return who has delivered a batch; of one that was only counted, the product's own supplier."""
    found = {line.receipt.purchase_order.supplier for line in tracing.receipts_of(batch)}
    return sorted(found, key=lambda one: one.code) or [batch.product.supplier]


def _supplier(batch: StockBatch, code: str) -> Supplier:
    for supplier in suppliers_of(batch):
        if supplier.code == code:
            return supplier
    raise BadInput("unknown_supplier", "This supplier has not delivered the batch.", param="supplier")


def _store(
    batch: StockBatch, supplier: Supplier, text: str, until: datetime, now: datetime, actor: Actor
) -> LotClaim:
    values = {"number": ids.order_number(), "stock_batch_id": batch.id, "supplier_id": supplier.id}
    row = insert_into(LotClaim).values(
        **values, text=text, state=LotState.ASKING, until=until, opened_at=now, opened_by=actor.name
    )
    made = db.session.execute(row.on_conflict_do_nothing().returning(LotClaim.id)).scalar()
    if made is None:
        raise RuleBroken("already_claimed", "There is a claim on this batch already.")
    return db.session.get_one(LotClaim, made)


def _ask(claim: LotClaim, resident_ids: Sequence[int], zone: ZoneInfo, now: datetime) -> None:
    values = {
        "goods": claim.batch.product.name,
        "until": f"{claim.until.astimezone(zone):%m-%d %H:%M}",
        "claim": claim.number,
    }
    telling.tell(
        (
            Notice(f"lot-{claim.id}-{resident_id}", "lot_claim", recipient(RESIDENT, resident_id), values)
            for resident_id in resident_ids
        ),
        now=now,
    )


def answer(
    *,
    claim: LotClaim,
    order_number: str,
    bad_units: int,
    resident_ids: Sequence[int] | None,
    now: datetime,
    actor: Actor,
) -> LotReply:
    """Note how many pieces of an order are bad; the same answer again changes nothing.

    What is bad is credited until the claim is decided. ``resident_ids`` narrows it to the asker's own. Raise
    NotFound, BadInput ``out_of_range``, RuleBroken ``too_late``, ``already_answered``, and as a case does.
    """
    reply = _reply(claim, order_number, resident_ids)
    lock_order(reply.line.order)
    db.session.refresh(reply, ["bad_units"])
    # The end of the time to answer waits for those who answer.
    db.session.execute(select(LotClaim.id).where(LotClaim.id == claim.id).with_for_update(read=True))
    db.session.refresh(claim, ["state", "until"])
    rules.check_bad(bad_units, reply.units)
    if reply.bad_units is not None:
        if reply.bad_units != bad_units:
            raise RuleBroken("already_answered", "You have answered this already.")
        return reply
    if claim.state != LotState.ASKING or claim.until <= now:
        raise RuleBroken("too_late", "The time to answer is over.")
    if bad_units:
        _credit(claim, reply, bad_units, now, actor)
    reply.bad_units, reply.answered_at = bad_units, now
    db.session.flush()
    after = {"order": order_number, "bad_units": bad_units}
    _log("lot_claim_answered", claim, now, actor.name, after)
    return reply


def _credit(claim: LotClaim, reply: LotReply, bad_units: int, now: datetime, actor: Actor) -> None:
    line = reply.line
    text = f"批次索赔 {claim.number}：{claim.text}"[: rules.MAX_TEXT]
    request = Request(Kind.REFUND, Reason.SPOILED, text, {line.offer.product.code: bad_units})
    key = f"lot:{claim.id}:{line.id}"
    case = putting_right.open_whenever(order=line.order, request=request, now=now, actor=actor, key=key)
    reply.case, reply.credit_fen = case, part_of(line.amount_fen, bad_units, line.quantity)


def _reply(claim: LotClaim, order_number: str, resident_ids: Sequence[int] | None) -> LotReply:
    for reply in lots.replies_of(claim, resident_ids=resident_ids):
        if reply.line.order.number == order_number:
            return reply
    raise NotFound("unknown_order", "There is no such order.")


def end_asking(*, claim_id: int, now: datetime) -> str | None:
    """End the time to answer: on to the supplier, or nothing was bad; None when it was ended before."""
    claim = _lock(claim_id)
    if claim.state != LotState.ASKING or claim.until > now:
        return None
    claim.state = rules.after_asking(lots.progress_of(claim.id).bad_units)
    db.session.flush()
    _log("lot_claim_asked", claim, now, SCHEDULER, {"state": claim.state})
    return claim.state


def decide(
    *, number: str, accepted: bool, pay_back: bool, words: str, now: datetime, zone: ZoneInfo, actor: Actor
) -> LotClaim:
    """Note the supplier's answer and decide all cases with it, once.

    What it accepts is paid back and charged to it; what it refuses is paid back at the operator's own cost,
    or not at all, which needs ``words``. Cases that were decided or taken back by themselves stay so. Raise
    NotFound, BadInput, RuleBroken ``already_decided``, ``still_asking``.
    """
    claim = lots.get_claim(number)
    if claim.state == LotState.ASKING:
        raise RuleBroken("still_asking", "The buyers are still being asked.")
    approve = accepted or pay_back
    if not words.strip() and not approve:
        raise BadInput("required", "Say why.", param="words")
    open_cases = select(LotReply.case_id).where(LotReply.claim_id == claim.id)
    cases = db.session.scalars(
        select(AfterSaleCase)
        .where(AfterSaleCase.id.in_(open_cases), AfterSaleCase.state == CaseState.ASKED)
        .order_by(AfterSaleCase.order_id, AfterSaleCase.id)
    ).all()
    for case in cases:
        putting_right.decide(
            number=case.number,
            approve=approve,
            answer=words,
            charge_supplier=accepted,
            now=now,
            zone=zone,
            actor=actor,
        )
    _decide(claim, LotState.ACCEPTED if accepted else LotState.REFUSED, words, now, actor)
    _log("lot_claim_decided", claim, now, actor.name, {"state": claim.state, "cases": len(cases)})
    return claim


def _decide(claim: LotClaim, state: LotState, words: str, now: datetime, actor: Actor) -> None:
    decided = db.session.execute(
        update(LotClaim)
        .where(LotClaim.id == claim.id, LotClaim.state == LotState.WITH_SUPPLIER)
        .values(state=state, decided_at=now, decided_by=actor.name, answer=words.strip() or None)
        .returning(LotClaim.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    db.session.refresh(claim)
    if decided is None:
        raise RuleBroken("already_decided", "This has been decided meanwhile.")


def _lock(claim_id: int) -> LotClaim:
    chosen = select(LotClaim).where(LotClaim.id == claim_id).with_for_update()
    return db.session.scalars(chosen.execution_options(populate_existing=True)).one()


def _log(verb: str, claim: LotClaim, now: datetime, actor: str, after: dict[str, object]) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="lot_claim", subject=claim.number, after=after)
