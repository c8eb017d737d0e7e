"""Residents are told once, in their own language, what comes otherwise than they ordered it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.campaigns.models import Round
from groupbuy.flows.telling import shortage_key
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice


@dataclass(frozen=True, slots=True)
class Missed:
    """Sale units of goods that a resident goes without, what comes in their place, and fen less."""

    resident_id: int
    goods: str
    units: int
    amount_fen: int
    instead: Sequence[tuple[str, int]] = ()

    def zh(self) -> str:
        """Say so in Chinese."""
        others = "".join(f"，换为 {name} {units} 件" for name, units in self.instead)
        return f"{self.goods} 缺 {self.units} 件{others}"

    def en(self) -> str:
        """Say so in English."""
        others = "".join(f", {name} ×{units} instead" for name, units in self.instead)
        return f"{self.goods}: {self.units} short{others}"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a line turned out to weigh, and the fen by which it costs more, or less."""

    resident_id: int
    goods: str
    grams: int
    change_fen: int


def tell_of_shortage(*, round_: Round, cause: str, lost: Iterable[Missed], now: datetime) -> None:
    """Tell each resident once what does not come; whoever gets something else instead hears of that."""
    by_resident: dict[int, list[Missed]] = {}
    for one in lost:
        by_resident.setdefault(one.resident_id, []).append(one)
    telling.tell(
        (
            Notice(
                shortage_key(cause, resident_id),
                "substituted" if any(one.instead for one in some) else "short",
                recipient(RESIDENT, resident_id),
                {
                    "round": round_.title,
                    "goods": {
                        "zh": "；".join(one.zh() for one in some),
                        "en": "; ".join(one.en() for one in some),
                    },
                    "amount": format_yuan(sum(one.amount_fen for one in some)),
                },
            )
            for resident_id, some in sorted(by_resident.items())
        ),
        now=now,
    )


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
