"""Which of our movements stands behind which line of a bank's statement. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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


def pair(lines: Sequence[Line], expected: Sequence[Expected]) -> dict[int, Expected]:
    """Return by line what stands behind it, where that is beyond doubt.

    Amounts are equal to the fen and days close. Whoever names the other's reference goes first, then who is
    alone with its amount among the lines and among our movements of those days. No posting is used twice.
    """
    found: dict[int, Expected] = {}
    used: set[int] = set()
    for named in (True, False):
        free = [one for one in lines if one.id not in found]
        options = {line.id: _options(line, expected, used, named=named) for line in free}
        rivals = _rivals(options.values())
        for line in free:
            if len(options[line.id]) == 1 and rivals[options[line.id][0].postings] == 1:
                (one,) = options[line.id]
                if used.isdisjoint(one.postings):
                    found[line.id] = one
                    used.update(one.postings)
    return found


def proposals(line: Line, expected: Sequence[Expected]) -> list[Expected]:
    """Return what comes to a line's amount in its days, named and nearest first."""
    named = {one.postings for one in _options(line, expected, set(), named=True)}
    found = _options(line, expected, set(), named=False)
    return sorted(found, key=lambda one: (one.postings not in named, abs(one.day - line.day), one.postings))


def _options(line: Line, expected: Iterable[Expected], used: set[int], *, named: bool) -> list[Expected]:
    return [
        one
        for one in expected
        if one.amount_fen == line.amount_fen
        and abs(one.day - line.day) <= WINDOW
        and used.isdisjoint(one.postings)
        and (not named or (len(one.proof) >= LEAST_PROOF and one.proof in line.text))
    ]


def _rivals(options: Iterable[Sequence[Expected]]) -> dict[tuple[int, ...], int]:
    """Return how many lines could have each movement."""
    count: dict[tuple[int, ...], int] = defaultdict(int)
    for some in options:
        for one in some:
            count[one.postings] += 1
    return count
