"""A batch is bad (批次索赔): its buyers are asked, what they say is credited until the supplier answers.

Each piece that somebody says is bad is an after-sale case of its own order. ``deciding_lots`` ends them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import LotClaim, LotReply
from groupbuy.aftersales.rules import Kind, LotState, Reason
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.audit.service import SCHEDULER
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.flows import putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.messaging.service import Mail, send_mails
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
    _check_question(text, until, now)
    claim = _store(batch, supplier, text.strip(), until, now, actor)
    lines = tracing.lines_of(batch)
    if not lines:
        raise RuleBroken("nobody_has_it", "No order holds goods of this batch.")
    columns = ("claim_id", "order_line_id", "resident_id", "units", "credit_fen")
    rows = [dict(zip(columns, (claim.id, *line, 0), strict=True)) for line in lines]
    db.session.execute(insert(LotReply), rows)
    _ask(claim, sorted({resident_id for _, resident_id, _ in lines}), zone, now)
    log("lot_claim_opened", claim, now, actor.name, {"lines": len(lines), "supplier": supplier.code})
    return claim


def _check_question(text: str, until: datetime, now: datetime) -> None:
    if not 1 <= len(text.strip()) <= rules.MAX_TEXT:
        raise BadInput("required", "Say what may be wrong with the goods.", param="text")
    if until <= now:
        raise BadInput("out_of_range", "Choose a later moment.", param="until")
    if until > now + timedelta(days=rules.MAX_DAYS_TO_ANSWER):
        # A slip in the year would leave the buyers asked, and the supplier not, for ever.
        raise BadInput(
            "out_of_range", f"Choose a moment within {rules.MAX_DAYS_TO_ANSWER} days.", param="until"
        )


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
    photos: Sequence[str] = (),
) -> LotReply:
    """Note how many pieces of an order are bad; the same answer again changes nothing.

    What is bad is credited until the claim is decided; the case of it keeps the pictures, which are stored
    already. ``resident_ids`` narrows it to the asker's own. Raise
    NotFound, BadInput ``out_of_range``, RuleBroken ``too_late``, ``already_answered``, and as a case does.
    """
    reply = _reply(claim, order_number, resident_ids)
    _lock_to_answer(claim, reply)
    rules.check_bad(bad_units, reply.units)
    if reply.bad_units is not None:
        return _same(reply, bad_units)
    if claim.state != LotState.ASKING or claim.until <= now:
        raise RuleBroken("too_late", "The time to answer is over.")
    if bad_units:
        _credit(claim, reply, bad_units, photos, now, actor)
    reply.bad_units, reply.answered_at = bad_units, now
    db.session.flush()
    after = {"order": order_number, "bad_units": bad_units}
    log("lot_claim_answered", claim, now, actor.name, after)
    return reply


def _same(reply: LotReply, bad_units: int) -> LotReply:
    if reply.bad_units != bad_units:
        raise RuleBroken("already_answered", "You have answered this already.")
    return reply


def _lock_to_answer(claim: LotClaim, reply: LotReply) -> None:
    lock_order(reply.line.order)
    db.session.refresh(reply, ["bad_units"])
    # The end of the time to answer waits for those who answer.
    db.session.execute(select(LotClaim.id).where(LotClaim.id == claim.id).with_for_update(read=True))
    db.session.refresh(claim, ["state", "until"])


def _credit(
    claim: LotClaim, reply: LotReply, bad_units: int, photos: Sequence[str], now: datetime, actor: Actor
) -> None:
    line = reply.line
    text = f"批次索赔 {claim.number}：{claim.text}"[: rules.MAX_TEXT]
    request = Request(Kind.REFUND, Reason.SPOILED, text, {line.offer.product.code: bad_units}, photos)
    key = f"lot:{claim.id}:{line.id}"
    case = putting_right.open_whenever(order=line.order, request=request, now=now, actor=actor, key=key)
    reply.case, reply.credit_fen = case, part_of(line.amount_fen, bad_units, line.quantity)


def _reply(claim: LotClaim, order_number: str, resident_ids: Sequence[int] | None) -> LotReply:
    for reply in lots.replies_of(claim, resident_ids=resident_ids):
        if reply.line.order.number == order_number:
            return reply
    raise NotFound("unknown_order", "There is no such order.")


def end_asking(*, claim_id: int, now: datetime, zone: ZoneInfo) -> str | None:
    """End the time to answer: on to the supplier, or nothing was bad; None when it was ended before.

    The supplier is written to where it has an address.
    """
    claim = lock(claim_id)
    if claim.state != LotState.ASKING or claim.until > now:
        return None
    progress = lots.progress_of(claim.id)
    claim.state = rules.after_asking(progress.bad_units)
    if claim.state == LotState.WITH_SUPPLIER:
        claim.answer_by = now + rules.LOT_ANSWER
        _write_to_supplier(claim, progress.bad_units, now, zone)
    db.session.flush()
    log("lot_claim_asked", claim, now, SCHEDULER, {"state": claim.state})
    return claim.state


def _write_to_supplier(claim: LotClaim, bad_units: int, now: datetime, zone: ZoneInfo) -> None:
    if not claim.supplier.email:
        return
    goods = f"{claim.batch.product.name} {claim.batch.number}".strip()
    until = (now + rules.LOT_ANSWER).astimezone(zone)
    body = (
        f"{claim.supplier.name}：\n\n{goods} 有 {bad_units} 件被买家反馈有问题：{claim.text}\n"
        f"请在 {until:%Y-%m-%d %H:%M} 前到供应商页面的“批次索赔”逐项答复。索赔号 {claim.number}。\n"
    )
    mail = Mail(f"lot-claim-{claim.id}", claim.supplier.email, f"批次索赔 {claim.number} {goods}", body)
    send_mails([mail], now=now)


def lock(claim_id: int) -> LotClaim:
    """Lock a claim and return it as it stands; after the orders of its cases."""
    chosen = select(LotClaim).where(LotClaim.id == claim_id).with_for_update()
    return db.session.scalars(chosen.execution_options(populate_existing=True)).one()


def log(verb: str, claim: LotClaim, now: datetime, actor: str, after: dict[str, object]) -> None:
    """Write into the audit log what happened to a claim."""
    audit.record(at=now, actor=actor, verb=verb, subject_kind="lot_claim", subject=claim.number, after=after)
