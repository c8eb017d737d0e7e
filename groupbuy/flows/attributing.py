"""What leaders missed before all had come is told apart: what never came, and what was lost on its way.

Nobody is charged for goods that no supplier was paid for: as far as a shortage explains what is missing,
what was charged for it is given back. What suppliers were charged by what they were to bring is then divided
by what they brought.
"""

from collections.abc import Sequence
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.delivery import missing
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Payer
from groupbuy.orders import shortening
from groupbuy.orders.rules import part_of
from groupbuy.settlements import adjusting
from groupbuy.warehouse import origins, supply
from groupbuy.warehouse.supply import Supply


def attribute(*, round_id: int, now: datetime, actor: Actor, over: bool = False) -> None:
    """Give back what was charged for goods that never came, of offers of which nothing more comes.

    ``over`` says that nothing more comes of any. Again changes nothing. The round is locked.
    """
    found = missing.refunded_of(round_id)
    if not found:
        return
    offers = {one.offer_id for one in found}
    shortening.lock_orders_of_offers(offers)
    for one in supply.supplies_of(round_id, offers):
        if one.final or over:
            _tell_apart(one, [each for each in found if each.offer_id == one.offer_id], now, actor)


def _tell_apart(there: Supply, found: Sequence[Discrepancy], now: datetime, actor: Actor) -> None:
    """Let what was missed fill the gap between what was wanted and what came, the oldest first."""
    missed = sum(one.missing for one in found)
    gap = max(there.wanted + there.used_up + missed - there.there, 0)
    left = min(gap, missed) - sum(one.never_came for one in found)
    for one in found:
        units = min(left, one.missing - one.never_came)
        if units > 0:
            _give_back(one, units, now, actor)
            left -= units
        if there.final and one.payer == Payer.SUPPLIER:
            _divide_anew(one, now, actor)


def _give_back(found: Discrepancy, units: int, now: datetime, actor: Actor) -> None:
    still = found.missing - found.never_came
    before, found.never_came = found.charge_fen, found.never_came + units
    if found.payer == Payer.SUPPLIER:
        found.charge_fen -= _owe_again(found, units, still, now, actor)
    else:
        found.charge_fen -= part_of(before, units, still)
    audit.record(
        at=now,
        actor=actor.name,
        verb="discrepancy_never_came",
        subject_kind="delivery_stop",
        subject=str(found.stop_id),
        before={"charge_fen": before},
        after={"product": found.offer.product.code, "units": units, "charge_fen": found.charge_fen},
    )


def _owe_again(found: Discrepancy, units: int, still: int, now: datetime, actor: Actor) -> int:
    """Owe the suppliers again what was taken off for some of ``still`` units; return how much, in fen."""
    back = 0
    for supplier_id, charged_fen in adjusting.taken_off(found.cause).items():
        amount_fen = part_of(charged_fen, units, still)
        back += amount_fen
        if amount_fen:
            adjusting.adjust(
                supplier_id=supplier_id,
                kind="claim",
                amount_fen=amount_fen,
                cause=f"{found.cause}:{supplier_id}:never_came:{found.never_came}",
                note=f"签收差异冲回（未到货） {found.stop.day} {found.offer.product.code} × {units}",
                now=now,
                actor=actor.name,
            )
    return back


def _divide_anew(found: Discrepancy, now: datetime, actor: Actor) -> None:
    """Charge each of several suppliers as if it had been decided now that all has come."""
    had = adjusting.taken_off(found.cause)
    parts = origins.charges(
        found.offer, found.missing - found.never_came, origins.agreed_cost(found.offer_id)
    )
    due = {one.supplier_id: one.amount_fen for one in parts}
    suppliers = sorted(had.keys() | due.keys())
    for supplier_id in suppliers if len(suppliers) > 1 else ():
        change_fen = had.get(supplier_id, 0) - due.get(supplier_id, 0)
        if change_fen and _move_charge(found, supplier_id, change_fen, now, actor):
            found.charge_fen -= change_fen


def _move_charge(
    found: Discrepancy, supplier_id: int, change_fen: int, now: datetime, actor: Actor
) -> int | None:
    return adjusting.adjust(
        supplier_id=supplier_id,
        kind="claim",
        amount_fen=change_fen,
        cause=f"{found.cause}:{supplier_id}:brought",
        note=f"签收差异按实到分摊 {found.stop.day} {found.offer.product.code}",
        now=now,
        actor=actor.name,
    )
