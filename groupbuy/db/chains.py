"""A chain of digests over rows that are only ever added: which link does not fit, and why as far as it shows.

A link's digest covers the one before and every column of its rows. Nothing of what a row was can be read
from a digest, but a guess can be proved by it: a row left out, an amount, a value that another row has.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, func, select

from groupbuy.db import db
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso

GENESIS = "0" * 64
# So many bytes are hashed at most to find out which row of a link it is: a few seconds.
MOST_TRIED = 500_000_000
# Of so many broken links the row is looked for, and so many numbers that are missing are named.
MOST_NAMED = 10
# Further apart than that, rows that are missing are not looked for one by one.
MOST_LOOKED_FOR = 100_000

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What a seal says of its rows: how many, under which digest, and their sum in fen where it is kept."""

    rows: int
    digest: str
    amount_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of seals over rows; ``sealed`` selects link, id, moment and what else is sealed, in this order.

    ``noun`` is what a row is called, and ``nouns`` several; ``key`` is its id; ``amount`` is where its fen
    stand among what is sealed.
    """

    noun: str
    nouns: str
    key: Any
    links: Mapping[int, Link]
    sealed: Select[*tuple[Any, ...]]
    amount: int | None = None


def digest_of(former: str, rows: Iterable[Row]) -> str:
    """Return the digest of a link over the one before it."""
    digest = hashlib.sha256(former.encode())
    for row in rows:
        digest.update(_encoded(row))
    return digest.hexdigest()


def _encoded(row: Row) -> bytes:
    number, at, *rest = row
    return json.dumps([number, iso(at), *rest], sort_keys=True, ensure_ascii=False).encode()


def find_breaks(chain: Chain) -> Sequence[str]:
    """Reckon every link anew; return what is wrong with those that do not fit, by their number."""
    found = dict.fromkeys(range(1, max(chain.links, default=0) + 1), "")
    unseen, last, reckoned = set(found), 0, GENESIS
    for number, rows in _batches(chain):
        unseen.discard(number)
        former, link = _digest_before(chain, number), chain.links.get(number)
        left = reckoned if last == number - 1 else None
        fits = [base for base in (former, left) if link and base and digest_of(base, rows) == link.digest]
        if fits and former not in fits:
            found[number - 1] = "only its seal was changed or removed, not what it seals"
        base = fits[0] if fits else former or left
        look = sum(map(bool, found.values())) < MOST_NAMED
        found[number] = _fault(chain, number, rows, base, fits=bool(fits), look=look)
        last, reckoned = number, digest_of(base or "", rows)
    for number in unseen:
        found[number] = "; ".join(["nothing of it is left", *_gaps(chain, number, [])])
    return [f"link {number}: {says}" for number, says in sorted(found.items()) if says]


def _batches(chain: Chain) -> Iterator[tuple[int, list[Row]]]:
    for number, rows in groupby(db.session.execute(chain.sealed), key=itemgetter(0)):
        yield number, [tuple(row[1:]) for row in rows]


def _digest_before(chain: Chain, number: int) -> str | None:
    former = chain.links.get(number - 1)
    return former.digest if former else GENESIS if number == 1 else None


def _fault(chain: Chain, number: int, rows: list[Row], base: str | None, *, fits: bool, look: bool) -> str:
    """Return what is wrong with a link and where, nothing where all is well; ``look`` for the row itself."""
    link, first, last = chain.links.get(number), rows[0], rows[-1]
    where = f"{chain.nouns} {first[0]} to {last[0]}, {iso(first[1])} to {iso(last[1])}"
    if link is None:
        return f"its {chain.nouns} are there, it is not ({where})"
    counted = [*_counted(link, rows), *_summed(chain, link, rows)]
    if fits:
        return f"the seal itself was changed: {'; '.join(counted)} ({where})" if counted else ""
    if base is None:
        return f"the link before it is missing ({where})"
    changed = f"something of its {chain.nouns} or of itself was changed"
    shown = [_proved(chain, link, base, rows) or changed, *_gaps(chain, number, rows)] if look else [changed]
    return f"{'; '.join([*counted, *shown])} ({where})"


def _counted(link: Link, rows: Sequence[Row]) -> list[str]:
    return [] if len(rows) == link.rows else [f"{link.rows} sealed, {len(rows)} found"]


def _surplus(chain: Chain, link: Link, rows: Sequence[Row]) -> int:
    """Return what the rows have above what was sealed, in fen, where that is kept."""
    if chain.amount is None or link.amount_fen is None:
        return 0
    return int(sum(row[chain.amount] for row in rows)) - link.amount_fen


def _summed(chain: Chain, link: Link, rows: Sequence[Row]) -> list[str]:
    fen = _surplus(chain, link, rows)
    return [f"{format_yuan(abs(fen))} {'too much' if fen > 0 else 'missing'}"] if fen else []


def _proved(chain: Chain, link: Link, base: str, rows: list[Row]) -> str:
    """Return the one change to a row that gives the digest, nothing where there is none."""
    parts, tried = [_encoded(row) for row in rows], 0
    for place, former, says in _guesses(chain, link, rows):
        whole = b"".join((base.encode(), *parts[:place], former, *parts[place + 1 :]))
        tried += len(whole)
        if tried > MOST_TRIED:
            return ""
        if hashlib.sha256(whole).hexdigest() == link.digest:
            return f"{says} of {chain.noun} {rows[place][0]}" if former else f"{says} {rows[place][0]}"
    return ""


def _guesses(chain: Chain, link: Link, rows: list[Row]) -> Iterator[tuple[int, bytes, str]]:
    """Yield what may have been done: at which place, what stood there, and what that would be."""
    if len(rows) == link.rows + 1:
        yield from ((place, b"", f"what does not belong there is {chain.noun}") for place in range(len(rows)))
    if len(rows) != link.rows:
        return
    names = [str(column.key) for column in list(chain.sealed.selected_columns)[1:]]
    for column, value in _values(rows, chain.amount, _surplus(chain, link, rows)):
        for place, row in enumerate(rows):
            stood = value(row)
            former = (*row[:column], stood, *row[column + 1 :])
            yield place, _encoded(former), f"{_said(names[column], stood)} was the {names[column]}"


def _values(rows: list[Row], amount: int | None, surplus: int) -> Iterator[tuple[int, Callable[[Row], Any]]]:
    """Yield columns with what may have stood in a row: what makes the sum right, then what others have.

    Columns with few values come first, as most of what is tried for moments leads nowhere.
    """
    if amount is not None and surplus:
        yield amount, lambda row: row[amount] - surplus
    known = {column: {repr(row[column]): row[column] for row in rows} for column in range(1, len(rows[0]))}
    for column, values in sorted(known.items(), key=lambda one: len(one[1])):
        for value in values.values():
            yield column, _always(value)


def _always(value: Any) -> Callable[[Row], Any]:
    return lambda _: value


def _said(name: str, value: Any) -> str:
    return format_yuan(value) if name.endswith("_fen") else str(value)


def _gaps(chain: Chain, number: int, rows: Sequence[Row]) -> list[str]:
    """Say which numbers between the links beside one no row has; those of work undone are among them."""
    sealed = chain.sealed.order_by(None).subquery()
    link, key = sealed.c[0], sealed.c[1]
    last = (db.session.scalar(select(func.max(chain.key))) or 0) + 1
    first = (db.session.scalar(select(func.max(key)).where(link < number)) or 0) + 1
    beyond = db.session.scalar(select(func.min(key)).where(link > number)) or last
    span = range(min([first, *(row[0] for row in rows)]), max([beyond, *(row[0] for row in rows)]))
    if len(span) > MOST_LOOKED_FOR:
        return []
    between = select(chain.key).where(chain.key >= span.start, chain.key < span.stop)
    gone = sorted(set(span) - set(db.session.scalars(between)))
    named = ", ".join(map(str, gone[:MOST_NAMED])) + (" …" if len(gone) > MOST_NAMED else "")
    return [f"there is no {chain.noun} {named}"] if gone else []
