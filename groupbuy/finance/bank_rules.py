"""Which of our movements stands behind which line of a bank's statement. Pure."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

# Banks book a few days before or after we do.
WINDOW = timedelta(days=7)
# Shorter references are found in too many texts by accident.
LEAST_PROOF = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bank: fen above zero came in; ``text`` is everything it says."""

    id: int
    day: date
    amount_fen: int
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A movement of ours, one posting or a payout file's together, and the reference it was noted with."""

    postings: tuple[int, ...]
    day: date
    amount_fen: int
    proof: str = ""


T = TypeVar("T", Line, Expected)
# What could belong together by its amount, and by the reference where those are looked at, else "".
Group = tuple[int, str]


def pair(lines: Sequence[Line], expected: Sequence[Expected]) -> dict[int, Expected]:
    """Return by line what stands behind it, where that is beyond doubt.

    Amounts are equal to the fen and days close. Whoever names the other's reference goes first, then who is
    alone with its amount among the lines and among our movements of those days. No posting is used twice.
    """
    found: dict[int, Expected] = {}
    used: set[int] = set()
    for named in (True, False):
        free = [one for one in lines if one.id not in found]
        ours = [one for one in expected if used.isdisjoint(one.postings)]
        for line, one in _alone(free, ours, named=named):
            if used.isdisjoint(one.postings):
                found[line.id] = one
                used.update(one.postings)
    return found


def _alone(
    lines: Sequence[Line], expected: Sequence[Expected], *, named: bool
) -> Iterator[tuple[Line, Expected]]:
    """Yield each line with its only movement, where no other line could have that."""
    ours = _by_group(_groups_of_movement(expected, named=named))
    groups = _groups_of_lines(lines, ours, named=named)
    theirs = _by_group((one, group) for one, some in zip(lines, groups, strict=True) for group in some)
    for line, some in zip(lines, groups, strict=True):
        spans = [(group, _near(ours[group], line.day)) for group in some]
        if sum(map(len, (span for _, span in spans))) == 1:
            group, span = next(one for one in spans if one[1])
            movement = ours[group][span[0]]
            if len(_near(theirs[group], movement.day)) == 1:
                yield line, movement


def _groups_of_movement(expected: Iterable[Expected], *, named: bool) -> Iterator[tuple[Expected, Group]]:
    for one in expected:
        if not named:
            yield one, (one.amount_fen, "")
        elif len(one.proof) >= LEAST_PROOF:
            yield one, (one.amount_fen, one.proof)


def _by_group(pairs: Iterable[tuple[T, Group]]) -> Mapping[Group, list[T]]:
    """Return who is in a group, in the order of the days."""
    found: defaultdict[Group, list[T]] = defaultdict(list)
    for one, group in pairs:
        found[group].append(one)
    for some in found.values():
        some.sort(key=_day)
    return found


def _day(one: Line | Expected) -> date:
    return one.day


def _near(some: Sequence[Line | Expected], day: date) -> range:
    """Return the places of those whose days are close to a day."""
    first = bisect_left(some, day - WINDOW, key=_day)
    return range(first, bisect_right(some, day + WINDOW, lo=first, key=_day))


def _groups_of_lines(lines: Iterable[Line], known: Collection[Group], *, named: bool) -> list[list[Group]]:
    """Return of which groups each line could be."""
    if not named:
        return [[(line.amount_fen, "")] if (line.amount_fen, "") in known else [] for line in lines]
    lengths: defaultdict[int, set[int]] = defaultdict(set)
    for amount_fen, proof in known:
        lengths[amount_fen].add(len(proof))
    return [_named(line, known, lengths) for line in lines]


def _named(line: Line, known: Collection[Group], lengths: Mapping[int, Collection[int]]) -> list[Group]:
    """Return the groups of a line's amount whose reference stands in its text, each once."""
    parts = {
        (line.amount_fen, line.text[start : start + length])
        for length in lengths.get(line.amount_fen, ())
        for start in range(len(line.text) - length + 1)
    }
    return [group for group in parts if group in known]


def proposals(line: Line, expected: Sequence[Expected]) -> list[Expected]:
    """Return what comes to a line's amount in its days, named and nearest first."""
    found = (
        one for one in expected if one.amount_fen == line.amount_fen and abs(one.day - line.day) <= WINDOW
    )
    return sorted(found, key=lambda one: (not _is_named(line, one), abs(one.day - line.day), one.postings))


def _is_named(line: Line, one: Expected) -> bool:
    return len(one.proof) >= LEAST_PROOF and one.proof in line.text
