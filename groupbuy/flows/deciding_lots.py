"""What comes of a claim on a batch: the supplier's answer, buyer by buyer, and the decision of all cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import AfterSaleCase, LotClaim, LotReply
from groupbuy.aftersales.rules import LotState
from groupbuy.audit.actor import Actor
from groupbuy.db import db
from groupbuy.flows import putting_right
from groupbuy.flows.claiming_lots import lock, log
from groupbuy.flows.putting_right import Charge
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.shortening import lock_orders_by_id


def take_answer(
    *,
    number: str,
    supplier_ids: Sequence[int],
    taken: Mapping[int, int] | None,
    words: str,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> LotClaim:
    """Note how many bad units of each line a supplier takes over, once and in time; None is all of them.

    Who takes over everything has decided the claim; of the rest the operator says what becomes of it. Less
    than everything needs ``words``. Raise NotFound for another supplier's claim, BadInput, RuleBroken
    ``already_answered``, ``already_decided``, ``too_late``, ``changed``.
    """
    claim = lots.claim_for_suppliers(number, supplier_ids)
    replies = _lock_open(claim)
    _check_answerable(claim, now)
    bad = {reply.order_line_id: reply.bad_units or 0 for reply in replies}
    taken = bad if taken is None else taken
    rules.check_taken(taken, bad, words)
    for reply in replies:
        reply.taken_units = taken[reply.order_line_id]
    claim.supplier_answered_at, claim.supplier_answered_by = now, actor.name
    claim.supplier_words = words.strip() or None
    db.session.flush()
    after = {"taken": sum(taken.values()), "bad": sum(bad.values())}
    log("lot_claim_supplier_answered", claim, now, actor.name, dict(after))
    if after["taken"] == after["bad"]:
        _end(claim, replies, pay_back=False, words="", now=now, zone=zone, actor=actor)
    return claim


def decide(
    *, number: str, accepted: bool, pay_back: bool, words: str, now: datetime, zone: ZoneInfo, actor: Actor
) -> LotClaim:
    """Decide all cases of a claim, once; with ``accepted`` the supplier has told us that it pays everything.

    What it takes over is paid back and charged to it. The rest is paid back at the operator's own cost, or
    not at all, which needs ``words``. Cases that were decided or taken back by themselves stay so. Raise
    NotFound, BadInput, RuleBroken ``already_decided``, ``still_asking``, and ``supplier_answered`` where
    the supplier has said on its own page that it does not pay everything.
    """
    claim = lots.get_claim(number)
    replies = _lock_open(claim)
    if claim.state == LotState.ASKING:
        raise RuleBroken("still_asking", "The buyers are still being asked.")
    _check_undecided(claim)
    if accepted and claim.supplier_answered_at is not None:
        raise RuleBroken("supplier_answered", "The supplier has answered that it does not pay everything.")
    for reply in replies:
        reply.taken_units = reply.bad_units if accepted else reply.taken_units or 0
    if not (words.strip() or accepted or pay_back):
        raise BadInput("required", "Say why.", param="words")
    _end(claim, replies, pay_back=pay_back, words=words, now=now, zone=zone, actor=actor)
    return claim


def _check_answerable(claim: LotClaim, now: datetime) -> None:
    _check_undecided(claim)
    if claim.supplier_answered_at is not None:
        raise RuleBroken("already_answered", "You have answered this already.")
    if claim.answer_by is not None and claim.answer_by <= now:
        raise RuleBroken("too_late", "The time to answer is over.")


def _check_undecided(claim: LotClaim) -> None:
    if claim.state != LotState.WITH_SUPPLIER:
        raise RuleBroken("already_decided", "This has been decided meanwhile.")


def _lock_open(claim: LotClaim) -> Sequence[LotReply]:
    """Lock the orders of a claim's open cases, then the claim; return what is open still."""
    lock_orders_by_id(reply.line.order_id for reply in lots.still_open(claim))
    lock(claim.id)
    db.session.expire_all()
    return lots.still_open(claim)


def _end(
    claim: LotClaim,
    replies: Sequence[LotReply],
    *,
    pay_back: bool,
    words: str,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> None:
    """Decide the cases one by one by what is taken over of each, and the claim with them."""
    for reply in sorted(replies, key=lambda one: (one.line.order_id, one.order_line_id)):
        _decide_case(claim, reply, pay_back=pay_back, words=words, now=now, zone=zone, actor=actor)
    taken = sum(reply.taken_units or 0 for reply in replies)
    claim.state = rules.outcome(taken, sum(reply.bad_units or 0 for reply in replies))
    claim.decided_at, claim.decided_by, claim.answer = now, actor.name, words.strip() or None
    db.session.flush()
    after = {"state": claim.state, "cases": len(replies), "taken": taken}
    log("lot_claim_decided", claim, now, actor.name, after)


def _decide_case(
    claim: LotClaim,
    reply: LotReply,
    *,
    pay_back: bool,
    words: str,
    now: datetime,
    zone: ZoneInfo,
    actor: Actor,
) -> None:
    """Decide the case of a reply: its buyer is paid what is taken over, or everything."""
    taken = reply.taken_units or 0
    paid = (reply.bad_units or 0) if pay_back else taken
    putting_right.decide(
        number=db.session.get_one(AfterSaleCase, reply.case_id).number,
        approve=paid > 0,
        answer=words,
        charge=Charge(claim.supplier_id, {reply.order_line_id: taken}) if taken else None,
        agreed={reply.order_line_id: paid},
        now=now,
        zone=zone,
        actor=actor,
    )
