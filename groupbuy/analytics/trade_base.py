"""What a trade report is: columns, a statement over a span of time, and the ledger's figure beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.documents.sheet import Column, Kind
from groupbuy.finance.models import Posting

Rows = Select[*tuple[Any, ...]]
CHART_BARS = 12
CODES = ("supplier", "leader", "product", "route", "warehouse")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A half-open span of time in UTC, and codes that narrow a report; an empty one narrows nothing."""

    since: datetime
    until: datetime
    supplier: str = ""
    leader: str = ""
    product: str = ""
    route: str = ""
    warehouse: str = ""

    @property
    def is_narrow(self) -> bool:
        """Tell whether more than the span is chosen; then the ledger has no figure to compare with."""
        return any(self.codes.values())

    @property
    def codes(self) -> dict[str, str]:
        """Return the codes by their names."""
        return {name: getattr(self, name) for name in CODES}

    def within(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a moment lies in the span."""
        inside: ColumnElement[bool] = (column >= self.since) & (column < self.until)
        return inside

    def chosen(self, **columns: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of the codes, by the name of each code and its column."""
        return [column == getattr(self, name) for name, column in columns.items() if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column: the key of its words on pages, its title on sheets, and how it is shown.

    ``kind`` is text, code, word, moment, number, rate or money; what is ``summed`` has a total.
    """

    key: str
    title: str
    kind: str = "text"
    summed: bool = False
    width: int = 12

    def for_sheet(self) -> Column:
        """Return the column of a sheet; moments are texts there."""
        kinds = {"number": Kind.INTEGER, "money": Kind.MONEY, "rate": Kind.RATE, "text": Kind.TEXT}
        return Column(self.title, kinds.get(self.kind, Kind.CODE), self.width, total=self.summed)


@dataclass(frozen=True, slots=True)
class SortedBy:
    """A column of the rows by which they are sorted, and the kind of its values."""

    name: str
    kind: type
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Another column of a report that the ledger proves: what sheets call its figure, and who reckons it."""

    column: str
    title: str
    booked: Callable[[Wanted], int]


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its rows in the order of ``columns``, and what the ledger says about one of them.

    The rows may have more columns, at the end; those of ``sorted_by`` together name one row.
    ``chart`` names the column of labels and the one of values. ``booked`` reckons in fen what the
    column ``agrees`` must come to over a span, and ``also`` has further columns with theirs. ``narrows``
    names the codes it can be narrowed by. One ``at_end`` says how things stood when the span was over,
    whenever that began. ``without_account`` says on sheets why the ledger cannot prove a column.
    """

    name: str
    title: str
    columns: Sequence[ReportColumn]
    rows: Callable[[Wanted], Rows]
    sorted_by: Sequence[SortedBy]
    chart: tuple[str, str]
    narrows: Sequence[str]
    agrees: str
    booked: Callable[[Wanted], int]
    at_end: bool = False
    also: Sequence[Proof] = ()
    without_account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How many rows a report has, the sums of its columns, and the ledger's figures where it compares.

    ``proofs`` are those of all columns that the ledger proves, ``booked`` the one of the first.
    """

    rows: int
    sums: Mapping[str, int]
    booked: int | None
    proofs: Mapping[str, int]


def in_order(report: Report, wanted: Wanted, after: Sequence[Any] = ()) -> Rows:
    """Return a report's rows as it sorts them, only those behind the row with the values ``after``."""
    rows = report.rows(wanted).subquery()
    columns = [(rows.c[one.name], one.descending) for one in report.sorted_by]
    found = select(rows).order_by(*(column.desc() if down else column for column, down in columns))
    behind: ColumnElement[bool] = false()
    for (column, down), value in reversed(list(zip(columns, after, strict=False))):
        behind = or_(column < value if down else column > value, and_(column == value, behind))
    return found.where(behind) if after else found


def figures(report: Report, wanted: Wanted) -> Figures:
    """Return a report's figures, in one query over its rows and one over the ledger for each proof."""
    rows = report.rows(wanted).subquery()
    summed = [column.key for column in report.columns if column.summed]
    count, *sums = db.session.execute(
        select(func.count(), *(total(rows.c[key]) for key in summed)).select_from(rows)
    ).one()
    reckoned = {report.agrees: report.booked} | {one.column: one.booked for one in report.also}
    proofs = {} if wanted.is_narrow else {column: reckon(wanted) for column, reckon in reckoned.items()}
    return Figures(count, dict(zip(summed, sums, strict=True)), proofs.get(report.agrees), proofs)


def bars(report: Report, wanted: Wanted) -> Sequence[tuple[str, int]]:
    """Return the largest labels of a report's chart with their values, the largest first."""
    rows = report.rows(wanted).subquery()
    label, value = rows.c[report.chart[0]], total(rows.c[report.chart[1]])
    largest = select(label, value).group_by(label).order_by(value.desc(), label).limit(CHART_BARS)
    return [(str(name), number) for name, number in db.session.execute(largest)]


def booked(account: str, wanted: Wanted, *kinds: str, part: str = "%") -> int:
    """Return what some causes have credited accounts like one less debited them in a span, in fen.

    Only postings count whose part is like ``part``.
    """
    credited = case((Posting.credit_account.like(account), Posting.amount_fen), else_=-Posting.amount_fen)
    touched = or_(Posting.credit_account.like(account), Posting.debit_account.like(account))
    found = select(total(credited)).where(touched, Posting.cause_kind.in_(kinds), wanted.within(Posting.at))
    return db.session.scalar(found.where(Posting.part.like(part))) or 0
