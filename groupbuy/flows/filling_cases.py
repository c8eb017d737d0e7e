"""A case that the close leaves open is filled by who said that they would take more (凑箱)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import selling
from groupbuy.campaigns.models import Round
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import fees, tolerances
from groupbuy.orders.tolerances import Taken
from groupbuy.purchasing import planning
from groupbuy.purchasing.rules import CasePolicy
from groupbuy.warehouse import planned


def fill(*, round_: Round, now: datetime) -> Sequence[Taken]:
    """Let buyers of a locked round that closes take what fills open cases; return what each takes.

    A product whose case nobody can fill exactly stays as it was ordered. Stock limits, limits per buyer and
    steps of an offer hold; what was given is part of the line from then on, at its own price.
    """
    if round_.surplus_policy != CasePolicy.SHORTFALL:
        return []
    tolerances.lock_willing(round_.id)
    willing = tolerances.willing(round_.id)
    selling.lock_stock(willing)
    units = planning.live_demand(round_.id) if willing else {}
    given = planned.fill(round_, units, willing, lock=True)
    if not given:
        return []
    lines = {line_id: units for of_offer in given.values() for line_id, units in of_offer.items()}
    taken = tolerances.give(lines, round_id=round_.id)
    _count(taken)
    fees.free_large(round_, (one.order_id for one in taken))
    _log(taken, now)
    _tell(round_, taken, now)
    return taken


def _count(taken: Iterable[Taken]) -> None:
    """Count what was given as sold, and towards the limits per buyer."""
    units: dict[int, int] = {}
    for one in taken:
        units[one.offer_id] = units.get(one.offer_id, 0) + one.units
    selling.take_all(units)
    had, fresh = selling.bought(units), dict[tuple[int, int], int]()
    for one in taken:
        key = (one.offer_id, one.resident_id)
        if key in had:
            fresh[key] = fresh.get(key, had[key]) + one.units
    selling.set_bought(fresh, had)


def _log(taken: Sequence[Taken], now: datetime) -> None:
    by_order: dict[str, dict[str, int]] = {}
    for one in taken:
        by_order.setdefault(one.number, {})[str(one.offer_id)] = one.units
    audit.record_many(
        (("case_filled", number, None, {"more": lines}) for number, lines in by_order.items()),
        at=now,
        actor=SCHEDULER,
        subject_kind="order",
    )


def _tell(round_: Round, taken: Sequence[Taken], now: datetime) -> None:
    """Tell each resident once what comes more, and what it costs."""
    by_resident: dict[int, list[Taken]] = {}
    for one in taken:
        by_resident.setdefault(one.resident_id, []).append(one)
    telling.tell(
        (
            Notice(
                f"case-{round_.id}-{resident_id}",
                "case_filled",
                recipient(RESIDENT, resident_id),
                {
                    "round": round_.title,
                    "goods": {
                        "zh": "；".join(f"{one.name} 多 {one.units} 件" for one in some),
                        "en": "; ".join(f"{one.name}: {one.units} more" for one in some),
                    },
                    "amount": format_yuan(sum(one.amount_fen for one in some)),
                },
            )
            for resident_id, some in sorted(by_resident.items())
        ),
        now=now,
    )
