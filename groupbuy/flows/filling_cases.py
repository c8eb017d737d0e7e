"""A case that the close leaves open is filled by who said that they would take more (凑箱)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import selling
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import fees, tolerances
from groupbuy.orders.filling import Willing, fill_case
from groupbuy.orders.tolerances import Taken
from groupbuy.purchasing import planning, sources
from groupbuy.purchasing.rules import CasePolicy
from groupbuy.purchasing.sources import Split
from groupbuy.warehouse import stock


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
    given = _decide(round_, willing, lock=True)
    if not given:
        return []
    lines = {line_id: units for of_offer in given.values() for line_id, units in of_offer.items()}
    taken = tolerances.give(lines, round_id=round_.id)
    _count(taken)
    fees.free_large(round_, (one.order_id for one in taken))
    _log(taken, now)
    _tell(round_, taken, now)
    return taken


@dataclass(frozen=True, slots=True)
class Outlook:
    """What buyers of an offer would take more, and what of it a close would give them, in sale units."""

    offered: int
    given: int


def outlook(round_: Round) -> Mapping[int, Outlook]:
    """Return by offer what was named in a round, and what of it the close gave or would give now."""
    willing = tolerances.willing(round_.id)
    offered = {offer_id: sum(one.units for one in some) for offer_id, some in willing.items()}
    if round_.closed_at is None:
        given = {offer_id: sum(some.values()) for offer_id, some in _decide(round_, willing).items()}
    else:
        given = tolerances.given_in(round_.id)
    return {offer_id: Outlook(units, given.get(offer_id, 0)) for offer_id, units in offered.items()}


class _Terms(NamedTuple):
    """What bounds the units of an offer."""

    step: int
    limit: int | None
    left: int | None


def _decide(
    round_: Round, willing: Mapping[int, Sequence[Willing]], *, lock: bool = False
) -> Mapping[int, Mapping[int, int]]:
    """Return by offer and line how many units more fill the cases that would be left open."""
    if not willing:
        return {}
    free = stock.free_stock(sources.products_of(round_.id), good_on=round_.pickup_date, lock=lock)
    buying = _Buying(round_, planning.live_demand(round_.id), free, sources.splits_of(round_, lock=lock))
    terms, bought = _terms(willing), _bought(willing)
    candidates = set(willing)
    while True:
        lacking = buying.to_fill({}, candidates)
        found = {
            offer_id: fill_case(
                missing, willing[offer_id], **terms[offer_id]._asdict(), taken=bought[offer_id]
            )
            for offer_id, missing in lacking.items()
            if missing is not None
        }
        given = {offer_id: lines for offer_id, lines in found.items() if lines}
        more = {offer_id: sum(lines.values()) for offer_id, lines in given.items()}
        # With more to buy a split may go to other suppliers, whose cases are not full then.
        still_open = buying.to_fill(more, given)
        if not still_open:
            return given
        candidates -= set(still_open)


@dataclass(frozen=True, slots=True)
class _Buying:
    """What a round's purchases are reckoned from."""

    round_: Round
    units: Mapping[int, int]
    free_stock: Mapping[int, int]
    splits: Mapping[int, Split]

    def to_fill(self, more: Mapping[int, int], only: Collection[int]) -> Mapping[int, int | None]:
        units = {offer_id: count + more.get(offer_id, 0) for offer_id, count in self.units.items()}
        return planning.to_fill(
            round_id=self.round_.id,
            units=units,
            only=only,
            free_stock=self.free_stock,
            policy=self.round_.surplus_policy,
            splits=self.splits,
        )


def _terms(offer_ids: Collection[int]) -> dict[int, _Terms]:
    rows = select(
        Offer.id, Offer.multiple, Offer.per_buyer_limit, OfferStock.limit_units - OfferStock.sold
    ).join(OfferStock, OfferStock.offer_id == Offer.id)
    return {
        row[0]: _Terms(*row[1:])
        for part in chunks(sorted(offer_ids), KEYS)
        for row in db.session.execute(rows.where(Offer.id.in_(part)))
    }


def _bought(offer_ids: Collection[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {offer_id: {} for offer_id in offer_ids}
    for (offer_id, resident_id), units in selling.bought(offer_ids).items():
        found[offer_id][resident_id] = units
    return found


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
