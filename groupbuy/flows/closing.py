"""A round closes: T1 seals it, T2 does everything else.

Both are claimed by the round's state, so a repeat finds nothing to do.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import bulk as commissions
from groupbuy.commissions import extras, helpers, settling
from groupbuy.flows import filling_cases, minimums, notifying, sharing_freight, telling
from groupbuy.jobs import service as jobs
from groupbuy.kernel.times import iso
from groupbuy.orders import bulk as orders
from groupbuy.pickup import bulk as pickup
from groupbuy.purchasing import bulk as purchasing
from groupbuy.purchasing import planning
from groupbuy.purchasing import queries as purchases
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.warehouse import planned, stock

CLOSE_JOB = "close_round"


def seal_round(*, round_: Round, now: datetime, actor: str = SCHEDULER) -> bool:
    """Seal a round that is past its cut-off and queue its close (T1); False when it is not due."""
    if not lifecycle.seal_round(round_=round_, now=now, actor=actor):
        return False
    payload = {"round_id": round_.id, "closes_at": iso(round_.closes_at)}
    jobs.enqueue(kind=CLOSE_JOB, key=f"{round_.name}:{round_.epoch}", payload=payload, now=now)
    return True


def close_round(*, round_: Round, now: datetime, zone: ZoneInfo) -> str:
    """Close a sealed and locked round (T2); say how it ended: closed, extended, cancelled, ``not_closing``.

    Unpaid prepaid orders, those that nobody reviewed where the campaign says so, and offers below their
    threshold are cancelled first and leave every figure. Then open cases are filled by who would take more.
    """
    if round_.state != RoundState.CLOSING:
        return "not_closing"
    orders.cancel_unpaid(round_id=round_.id, now=now)
    if round_.unreviewed == "cancel":
        orders.cancel_unreviewed(round_id=round_.id, now=now)
    if _missed(round_):
        return _extend_or_cancel(round_, now)
    missed = list(campaigns.missed_offers(round_.id))
    small = minimums.too_small(round_, without=missed)
    if _may_extend(round_) and _wants_time(missed, small):
        return _extend(round_, now)
    _drop(round_, missed, now)
    _drop(round_, minimums.offers_to_cancel(small), now)
    _close(round_, now, zone)
    return "closed"


def _close(round_: Round, now: datetime, zone: ZoneInfo) -> None:
    """Store what follows from the orders that stay: what is bought, earned and handed out."""
    filling_cases.fill(round_=round_, now=now)
    sharing_freight.share(round_=round_, now=now)
    purchasing.store_demand(round_.id)
    _buy(round_, now, zone)
    commissions.fill_in_tiers(round_.id)
    commissions.book_pending(round_id=round_.id, now=now)
    extras.agree(round_)
    helpers.agree(round_)
    settling.book_round(round_id=round_.id, now=now)
    pickup.make_bags(round_.pickup_date)
    closed = lifecycle.move(
        round_=round_,
        old=(RoundState.CLOSING,),
        new=RoundState.CLOSED,
        now=now,
        actor=SCHEDULER,
        closed_at=now,
    )
    if not closed:
        raise RuntimeError(f"round {round_.name} was moved by somebody else while it closed")
    _skip_buying(round_, now)
    notifying.announce_close(round_=round_, now=now)


def _skip_buying(round_: Round, now: datetime) -> None:
    """Move a round on whose goods all lie in stock: there is nothing to send and nothing to wait for."""
    if purchases.all_sent(round_.id) and purchases.all_arrived(round_.id):
        for old, new in pairwise((RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED)):
            lifecycle.move(round_=round_, old=(old,), new=new, now=now, actor=SCHEDULER)


def _missed(round_: Round) -> bool:
    if round_.min_orders is None and round_.min_amount_fen is None:
        return False
    count, _, amount = orders.totals(round_.id)
    return count < (round_.min_orders or 0) or amount < (round_.min_amount_fen or 0)


def _may_extend(round_: Round) -> bool:
    return round_.extend_minutes > 0 and round_.extensions < round_.max_extensions


def _extend_or_cancel(round_: Round, now: datetime) -> str:
    if round_.below_policy == "extend" and _may_extend(round_):
        return _extend(round_, now)
    cancel_round(round_=round_, reason="below_threshold", now=now, actor=SCHEDULER)
    return "cancelled"


def _extend(round_: Round, now: datetime) -> str:
    lifecycle.reopen(round_=round_, now=now, actor=SCHEDULER)
    return "extended"


def _wants_time(missed: Sequence[Offer], small: Sequence[PlannedOrder]) -> bool:
    return any(offer.below_policy == "extend" for offer in missed) or minimums.any_extends(small)


def _drop(round_: Round, missed: list[Offer], now: datetime) -> None:
    if missed:
        telling.tell_of_missing(round_=round_, missed=missed, now=now)
    lifecycle.drop_offers(missed, now=now, actor=SCHEDULER)
    if missed:
        orders.drop_lines_of_missed_offers(round_id=round_.id, now=now)
        orders.recount_stock(round_.id)


def _buy(round_: Round, now: datetime, zone: ZoneInfo) -> None:
    # What keeps in stock is used up first; while this round takes it, no other one counts on it.
    plan = planned.plan(round_, planning.stored_demand(round_.id), lock=True)
    day = round_.closes_at.astimezone(zone).date()
    purchase_orders.store_orders(plan, round_id=round_.id, day=day, due_date=round_.pickup_date, now=now)
    used = [(line.product_id, line.cases.from_stock) for order in plan for line in order.lines]
    for product_id, units in sorted(one for one in used if one[1]):
        stock.take(
            product_id=product_id,
            units=units,
            kind="allocated",
            cause=("round", round_.id),
            now=now,
            actor=SCHEDULER,
            good_on=round_.pickup_date,
        )


def cancel_round(*, round_: Round, reason: str, now: datetime, actor: str) -> bool:
    """Cancel a round that is not closed yet with all its orders; False when it is too late.

    What was paid becomes owed back: an order's paid amount above its amount of zero.
    """
    # Orders before stock, as everybody who changes an order locks them.
    orders.lock_alive(round_.id)
    buyers = telling.living(round_.id)
    if not lifecycle.cancel(round_=round_, reason=reason, now=now, actor=actor):
        return False
    orders.cancel_all(round_id=round_.id, reason=reason, now=now)
    telling.tell_of_cancelling(round_=round_, who=buyers, reason=reason, now=now)
    return True
