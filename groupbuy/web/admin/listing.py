"""Long lists: described once as columns, shown a page at a time, exported whole."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, func, or_, select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents import csv_files, xlsx
from groupbuy.documents.sheet import Column as SheetColumn
from groupbuy.documents.sheet import Kind, Sheet, table
from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotAllowed
from groupbuy.kernel.times import local_moment, parse_date
from groupbuy.web.admin.blueprint import actor
from groupbuy.web.kit import filters
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.states import look, state_choices

PER_PAGE = 20
MAX_EXPORT = 100_000
MAX_SEARCH = 100
EXPORTS = {"xlsx": xlsx.CONTENT_TYPE, "csv": csv_files.CONTENT_TYPE}
_SHEET_KINDS = {"code": Kind.CODE, "money": Kind.MONEY, "number": Kind.INTEGER, "rate": Kind.RATE}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it shows of a row, and how.

    ``kind`` is text, name, code, number, money, rate, moment, day, ``state:<kind of state>`` or
    ``progress``, whose value is (reached, whole). ``link`` makes an address of a row; ``sort`` is a key.
    ``absent`` says of a row without a value why there is none, None where there is nothing to say.
    """

    title: Any
    get: Callable[[Any], Any]
    kind: str = "text"
    link: Callable[[Any], str | None] | None = None
    sort: str = ""
    width: int = 14
    absent: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of a list: a search box, a select (with choices) or a span of days (with ``until``)."""

    name: str
    label: Any
    choices: Sequence[tuple[Any, Any]] = ()
    all_label: Any = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """One page of a list, and where it stands among the others."""

    items: Sequence[Any]
    page: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return -(-self.total // self.per_page)

    @property
    def has_prev(self) -> bool:
        """Tell whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Tell whether there is a page after."""
        return self.page < self.pages

    def iter_pages(
        self, *, left_edge: int = 1, right_edge: int = 1, left_current: int = 1, right_current: int = 2
    ) -> Iterator[int | None]:
        """Yield the numbers to show, None where some are left out."""
        shown = {*range(1, left_edge + 1), *range(self.pages - right_edge + 1, self.pages + 1)}
        shown |= set(range(self.page - left_current, self.page + right_current + 1))
        last = 0
        for number in sorted(n for n in shown if 1 <= n <= self.pages):
            if number > last + 1:
                yield None
            yield number
            last = number


@dataclass(frozen=True, slots=True)
class Rows:
    """A short table that a page shows whole, as a file takes it along."""

    title: Any
    columns: Sequence[Column]
    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its page and its export show it.

    ``actions`` are (label, address of a row, None where a row has none). ``personal`` lists name people:
    taking them out of the platform is logged, and for those in ``exported_by``.
    """

    name: str
    title: Any
    statement: Select[*tuple[Any, ...]]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    sorts: Mapping[str, Any] = field(default_factory=dict)
    actions: Sequence[tuple[Any, Callable[[Any], str | None]]] = ()
    personal: bool = False
    scalars: bool = False
    exported_by: frozenset[str] = rights.EXPORTS_PEOPLE

    def ordered(self) -> Select[*tuple[Any, ...]]:
        """Return the statement in the order that the address asks for."""
        key = request.args.get("sort", "")
        column = self.sorts.get(key.removeprefix("-"))
        if column is None:
            return self.statement
        chosen = column.desc() if key.startswith("-") else column.asc()
        return self.statement.order_by(None).order_by(chosen, *self.statement._order_by_clauses)


def show(listing: Listing, template: str = "admin/list.html", **values: Any) -> ResponseReturnValue:
    """Answer with a page of the list, or with all of it as a file where the address says ``export``."""
    if file_asked():
        if not may_export(listing):
            raise NotAllowed("role_not_allowed", "Your role does not take lists of people out.")
        return _export(listing, request.args["export"])
    return render_template(template, listing=listing, pages=page_of(listing), **values)


def may_export(listing: Listing) -> bool:
    """Tell whether whoever asks may take the list out of the platform."""
    return not listing.personal or signed_in().role in listing.exported_by


def page_of(listing: Listing) -> Pages:
    """Return the page that the address asks for, in two queries."""
    plain = listing.statement.order_by(None)
    total = db.session.scalar(select(func.count()).select_from(plain.subquery())) or 0
    last = max(-(-total // PER_PAGE), 1)
    number = min(max(request.args.get("page", 1, type=int), 1), last)
    rows = db.session.execute(listing.ordered().limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return Pages(list(rows.scalars() if listing.scalars else rows), number, total)


def _export(listing: Listing, kind: str) -> Response:
    result = db.session.execute(listing.ordered().limit(MAX_EXPORT + 1))
    rows = list(result.scalars() if listing.scalars else result)
    if len(rows) > MAX_EXPORT:
        raise BadInput("too_many", f"At most {MAX_EXPORT} rows at once; narrow the filters.", param="export")
    if listing.personal:
        _note_export(listing, len(rows))
    return _file(listing.name, kind, [Rows(listing.title, listing.columns, rows)])


def file_of(name: str, *tables: Rows) -> Response | None:
    """Return the tables of a page as the file that the address asks for, None where it asks for the page.

    A workbook has a sheet for each table; CSV, which has no sheets, holds the first.
    """
    return _file(name, request.args["export"], tables) if file_asked() else None


def file_asked() -> bool:
    """Tell whether the address asks for a file instead of the page."""
    return request.args.get("export") in EXPORTS


def _file(name: str, kind: str, tables: Sequence[Rows]) -> Response:
    sheets = [_sheet(one) for one in tables]
    content = xlsx.write_xlsx(sheets) if kind == "xlsx" else csv_files.csv_for_people(sheets[0])
    return attachment(content, f"{name}-{filters.today():%Y%m%d}.{kind}", EXPORTS[kind])


def _sheet(rows: Rows) -> Sheet:
    return Sheet(
        str(rows.title),
        [SheetColumn(str(c.title), _SHEET_KINDS.get(c.kind, Kind.TEXT), c.width) for c in rows.columns],
        table([tuple(_exported(column, row) for column in rows.columns) for row in rows.items]),
        landscape=len(rows.columns) > 6,
    )


def _note_export(listing: Listing, count: int) -> None:
    who = actor().name
    in_transaction(
        lambda: audit.record(
            at=utc_now(),
            actor=who,
            verb="list_exported",
            subject_kind="list",
            subject=listing.name,
            after={"rows": count},
        )
    )


def _exported(column: Column, row: Any) -> Any:
    value = column.get(row)
    if value is None or column.kind in _SHEET_KINDS:
        return value
    if column.kind == "moment":
        return f"{value.astimezone(zone()):%Y-%m-%d %H:%M}"
    if column.kind == "progress":
        return f"{value[0]}/{value[1]}"
    if column.kind.startswith("state:"):
        return look(column.kind.removeprefix("state:"), value).label
    return str(value)


def asked(name: str) -> str:
    """Return a filter's text, trimmed and bounded."""
    return request.args.get(name, "").strip()[:MAX_SEARCH]


def searched(*columns: Any) -> list[ColumnElement[bool]]:
    """Return the condition of the search box: one of the columns holds its text."""
    text = asked("q")
    return [or_(*(contains(column, text) for column in columns))] if text else []


def chosen(name: str, column: Any) -> list[ColumnElement[bool]]:
    """Return the condition of a filter that names one value of a column."""
    value = asked(name)
    return [column == value] if value else []


def in_state(column: Any) -> list[ColumnElement[bool]]:
    """Return the condition of the filter for a state."""
    return chosen("state", column)


def by_state(kind: str) -> Filter:
    """Return the filter for a kind of state."""
    return Filter("state", _("State"), state_choices(kind), _("All states"))


def asked_id(name: str) -> int | None:
    """Return a filter's number, None where there is none."""
    return row_id(request.args.get(name))


def asked_day(name: str) -> date | None:
    """Return a filter's day; what is no day filters nothing."""
    try:
        return parse_date(asked(name))
    except ValueError:
        return None


def within_days(column: Any, first: str, last: str) -> list[ColumnElement[bool]]:
    """Return the conditions of a span of local days, both included."""
    conditions: list[ColumnElement[bool]] = []
    if start := asked_day(first):
        conditions.append(column >= start_of(start))
    if (end := asked_day(last)) and end < date.max:
        conditions.append(column < start_of(end + timedelta(days=1)))
    return conditions


def start_of(day: date) -> datetime:
    """Return the moment at which a local day begins."""
    return local_moment(day, "00:00", zone())


def like(text: str) -> str:
    """Return a pattern that finds a text anywhere; its own wildcards mean themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a column holds a text, whatever its case."""
    condition: ColumnElement[bool] = column.ilike(like(text), escape="\\")
    return condition
