"""How the need of a product is split over its suppliers into whole cases; pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from groupbuy.kernel.money import split
from groupbuy.purchasing.rules import CasePolicy, CaseRounding, round_to_cases


class SplitBy(StrEnum):
    """Name what decides how much each supplier of a product delivers."""

    SHARE = "share"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Source:
    """How one supplier delivers a product: fen per sale unit, sale units in a case, its part.

    ``room`` is how many sale units it can still deliver, None for any number; a split by share does not
    look at it.
    """

    cost_fen: int
    case_size: int
    share_bp: int = 10_000
    room: int | None = None


def split_to_cases(
    *, ordered: int, free_stock: int, sources: Sequence[Source], by: str, policy: str
) -> list[CaseRounding]:
    """Return what each source is to deliver, in their order; the first source is the main one.

    Over all sources ``ordered`` adds up to what was ordered, and no case is bought without which the need
    would be covered all the same. With one source it is ``rules.round_to_cases``. Raise ValueError as
    that does.
    """
    if ordered < 0 or free_stock < 0 or not sources or min(one.case_size for one in sources) < 1:
        raise ValueError(f"cannot split {ordered} less {free_stock} over {len(sources)} sources")
    if len(sources) == 1:
        size = sources[0].case_size
        return [round_to_cases(ordered=ordered, free_stock=free_stock, case_size=size, policy=policy)]
    rounds_up = CasePolicy(policy) is CasePolicy.SURPLUS
    from_stock = min(ordered, free_stock)
    needed = ordered - from_stock
    choose = _by_price if SplitBy(by) is SplitBy.PRICE else _by_share
    cases = _trimmed(choose(needed, sources, rounds_up), needed, sources)
    return _balanced(cases, needed, from_stock, sources)


def _by_share(needed: int, sources: Sequence[Source], rounds_up: bool) -> list[int]:
    """Give everybody the whole cases of its part, and what is left to the largest parts of a case."""
    parts = split(needed, _weights(sources))
    sizes = [one.case_size for one in sources]
    cases = [part // size for part, size in zip(parts, sizes, strict=True)]
    rest = sum(part % size for part, size in zip(parts, sizes, strict=True))
    takers = [place for place, weight in enumerate(_weights(sources)) if weight]
    takers.sort(key=lambda place: (-Fraction(parts[place] % sizes[place], sizes[place]), place))
    for place in takers:
        if rest > 0 and (rounds_up or sizes[place] <= rest):
            cases[place] += 1
            rest -= sizes[place]
    for place in takers if not rounds_up else ():
        cases[place] += rest // sizes[place]
        rest %= sizes[place]
    return cases


def _weights(sources: Sequence[Source]) -> list[int]:
    """Return everybody's part; the main source delivers where no part is left."""
    weights = [one.share_bp for one in sources]
    return weights if any(weights) else [1, *(0 for _ in sources[1:])]


def _by_price(needed: int, sources: Sequence[Source], rounds_up: bool) -> list[int]:
    """Fill the cheapest up to its limit first; what nobody has room for is asked of the main source."""
    cases, rest = [0] * len(sources), needed
    for place in sorted(range(len(sources)), key=lambda one: (sources[one].cost_fen, one)):
        room, size = sources[place].room, sources[place].case_size
        wanted = _cases(rest, size, rounds_up)
        cases[place] = wanted if room is None else min(wanted, room // size)
        rest = max(rest - cases[place] * size, 0)
    cases[0] += _cases(rest, sources[0].case_size, rounds_up)
    return cases


def _cases(units: int, size: int, rounds_up: bool) -> int:
    return -(-units // size) if rounds_up else units // size


def _trimmed(cases: list[int], needed: int, sources: Sequence[Source]) -> list[int]:
    """Leave out, the dearest first, what is not needed when cases of several sizes come together."""
    surplus = sum(count * one.case_size for count, one in zip(cases, sources, strict=True)) - needed
    for place in sorted(range(len(sources)), key=lambda one: (-sources[one].cost_fen, -one)):
        fewer = min(cases[place], max(surplus, 0) // sources[place].case_size)
        cases[place] -= fewer
        surplus -= fewer * sources[place].case_size
    return cases


def _balanced(
    cases: Sequence[int], needed: int, from_stock: int, sources: Sequence[Source]
) -> list[CaseRounding]:
    """Say what of the order each delivers: stock and shortfall stand at the first, a surplus at the last."""
    bought = [count * one.case_size for count, one in zip(cases, sources, strict=True)]
    bearing = [place for place, units in enumerate(bought) if units] or [0]
    over = sum(bought) - needed
    found = []
    for place, (one, units) in enumerate(zip(sources, bought, strict=True)):
        stocked = from_stock if place == bearing[0] else 0
        missing = max(-over, 0) if place == bearing[0] else 0
        extra = max(over, 0) if place == bearing[-1] else 0
        ordered = units + stocked + missing - extra
        found.append(CaseRounding(ordered, stocked, cases[place], one.case_size, units, extra, missing))
    return found
