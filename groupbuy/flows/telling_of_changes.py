"""Residents and leaders are told once, in their own language, what comes otherwise than ordered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.campaigns.models import Round
from groupbuy.flows.telling import shortage_key
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice


@dataclass(frozen=True, slots=True)
class Missed:
    """Sale units of goods that a leader's resident goes without, what comes in their place, and fen less."""

    leader_id: int
    resident_id: int
    goods: str
    units: int
    amount_fen: int
    instead: Sequence[tuple[str, int]] = ()

    def zh(self) -> str:
        """Say so in Chinese."""
        return _zh(self.goods, self.units, self.instead)

    def en(self) -> str:
        """Say so in English."""
        return _en(self.goods, self.units, self.instead)


def _zh(goods: str, units: int, instead: Iterable[tuple[str, int]]) -> str:
    others = "".join(f"，换为 {name} {count} 件" for name, count in instead)
    return f"{goods} 缺 {units} 件{others}"


def _en(goods: str, units: int, instead: Iterable[tuple[str, int]]) -> str:
    others = "".join(f", {name} ×{count} instead" for name, count in instead)
    return f"{goods}: {units} short{others}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a line turned out to weigh, and the fen by which it costs more, or less."""

    resident_id: int
    goods: str
    grams: int
    change_fen: int


def tell_of_shortage(*, round_: Round, cause: str, lost: Iterable[Missed], now: datetime) -> None:
    """Tell each resident once what does not come; whoever gets something else instead hears of that.

    Each leader is told once what all residents of the community go without.
    """
    by_resident: dict[int, list[Missed]] = {}
    by_leader: dict[int, list[Missed]] = {}
    for one in lost:
        by_resident.setdefault(one.resident_id, []).append(one)
        by_leader.setdefault(one.leader_id, []).append(one)
    leaders = sorted(by_leader.items())
    telling.tell((_to_leader(round_, cause, leader_id, some) for leader_id, some in leaders), now=now)
    residents = sorted(by_resident.items())
    telling.tell((_to_resident(round_, cause, resident_id, some) for resident_id, some in residents), now=now)


def _to_resident(round_: Round, cause: str, resident_id: int, some: Sequence[Missed]) -> Notice:
    return Notice(
        shortage_key(cause, resident_id),
        "substituted" if any(one.instead for one in some) else "short",
        recipient(RESIDENT, resident_id),
        {
            "round": round_.title,
            "goods": {"zh": "；".join(one.zh() for one in some), "en": "; ".join(one.en() for one in some)},
            "amount": format_yuan(sum(one.amount_fen for one in some)),
        },
    )


def _to_leader(round_: Round, cause: str, leader_id: int, some: Sequence[Missed]) -> Notice:
    who = recipient(LEADER, leader_id)
    goods = _by_goods(some)
    return Notice(
        f"shortage-{cause}-{who}",
        "residents_short",
        who,
        {
            "round": round_.title,
            "pickup": round_.pickup_date.isoformat(),
            "goods": {
                "zh": "；".join(_zh(name, units, instead) for name, units, instead in goods),
                "en": "; ".join(_en(name, units, instead) for name, units, instead in goods),
            },
            "residents": str(len({one.resident_id for one in some})),
        },
    )


def _by_goods(some: Sequence[Missed]) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Return by name how many units of goods are missed in all, and what comes in their place."""
    units: Counter[str] = Counter()
    instead: dict[str, Counter[str]] = {}
    for one in some:
        units[one.goods] += one.units
        others = instead.setdefault(one.goods, Counter())
        for name, count in one.instead:
            others[name] += count
    return [(name, units[name], list(others.items())) for name, others in sorted(instead.items())]


def tell_of_weights(*, round_: Round, cause: str, weighed: Iterable[Weighed], now: datetime) -> None:
    """Tell each resident once what the goods weigh, and what that changes."""
    by_resident: dict[int, list[Weighed]] = {}
    for one in weighed:
        by_resident.setdefault(one.resident_id, []).append(one)
    telling.tell(
        (
            Notice(
                shortage_key(cause, resident_id),
                "weighed",
                recipient(RESIDENT, resident_id),
                {
                    "round": round_.title,
                    "goods": {
                        "zh": "；".join(f"{one.goods} 实重 {one.grams}g" for one in some),
                        "en": "; ".join(f"{one.goods}: {one.grams}g" for one in some),
                    },
                    "difference": _difference(sum(one.change_fen for one in some)),
                },
            )
            for resident_id, some in sorted(by_resident.items())
        ),
        now=now,
    )


def _difference(fen: int) -> dict[str, str]:
    yuan = format_yuan(abs(fen))
    if fen > 0:
        return {"zh": f"比预估多 {yuan}，需补差价", "en": f"{yuan} more than estimated is to be paid"}
    if fen < 0:
        return {
            "zh": f"比预估少 {yuan}，已付的将退还",
            "en": f"{yuan} less than estimated; what was paid is given back",
        }
    return {"zh": "与预估金额相同", "en": "It costs what was estimated"}
