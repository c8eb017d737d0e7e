"""How an invariant is checked: rows that should be equal, or rows that should not be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Table, and_, func, literal, or_, select, union_all

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.totals import total

EXAMPLES = 5
NOT_BOOKED = (
    RoundState.DRAFT,
    RoundState.SCHEDULED,
    RoundState.OPEN,
    RoundState.CLOSING,
    RoundState.CANCELLED,
)


def was_booked() -> ColumnElement[bool]:
    """Return the condition that a round has been closed, also when it was called off since."""
    called_off = and_(Round.state == RoundState.CANCELLED, Round.closed_at.is_not(None))
    return or_(Round.state.not_in(NOT_BOOKED), called_off)


Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: how many it looked at, how many were wrong, and some of them.

    A check of the books also gives its figure in fen.
    """

    name: str
    says: str
    checked: int
    violations: int
    examples: Sequence[str]
    figure_fen: int | None = None


class Check(Protocol):
    """Looks at one invariant."""

    def run(self) -> Finding:
        """Check it now."""


@dataclass(frozen=True, slots=True)
class Equal:
    """Two groupings with the same keys must give the same number; a missing key counts as 0.

    Both selections end in one number after their key columns, whose names are ``keys``.
    """

    name: str
    says: str
    keys: tuple[str, ...]
    stored: Rows
    reckoned: Rows

    def run(self) -> Finding:
        """Compare in one grouped statement, which needs no outer join."""
        stored, reckoned = self.stored.subquery(), self.reckoned.subquery()
        *keys, value = stored.columns
        *others, due = reckoned.columns
        both = union_all(
            select(*keys, value.label("stored"), literal(0).label("due")),
            select(*others, literal(0), due),
        ).subquery()
        *key, found, expected = both.columns
        grouped = (
            select(*key, total(found).label("stored"), total(expected).label("due")).group_by(*key).subquery()
        )
        differ = grouped.c.stored != grouped.c.due
        counts = select(func.count(), func.count().filter(differ)).select_from(grouped)
        checked, violations = db.session.execute(counts).one()
        wrong = select(grouped).where(differ).limit(EXAMPLES) if violations else None
        rows: Iterable[Any] = db.session.execute(wrong) if wrong is not None else ()
        examples = [_differs(self.keys, row) for row in rows]
        return Finding(self.name, self.says, checked, violations, examples)


def _differs(keys: Sequence[str], row: Sequence[Any]) -> str:
    *values, found, expected = row
    return f"{_label(keys, values)}: {found} stored, {expected} reckoned"


def _label(keys: Sequence[str], values: Sequence[Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class Never:
    """A selection, whose columns are named ``keys``, must give no row."""

    name: str
    says: str
    keys: tuple[str, ...]
    of: Table
    wrong: Rows

    def run(self) -> Finding:
        """Look for rows."""
        violations = _count(self.wrong)
        rows: Iterable[Any] = db.session.execute(self.wrong.limit(EXAMPLES)) if violations else ()
        examples = [_label(self.keys, row) for row in rows]
        return Finding(self.name, self.says, _count(select(self.of)), violations, examples)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A check that is a function: it returns how many it looked at and what is wrong."""

    name: str
    says: str
    look: Callable[[], tuple[int, Sequence[str]]]

    def run(self) -> Finding:
        """Call the function."""
        checked, wrong = self.look()
        return Finding(self.name, self.says, checked, len(wrong), wrong[:EXAMPLES])


@dataclass(frozen=True, slots=True)
class Figured:
    """Another check with the figure that it is about, in fen."""

    check: Check
    figure: Select[int]

    def run(self) -> Finding:
        """Run the check and reckon the figure."""
        return replace(self.check.run(), figure_fen=db.session.scalar(self.figure) or 0)


def _count(rows: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
