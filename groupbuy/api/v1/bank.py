"""The bank's statement: taken in, its lines, what stands behind them, and what is not at the bank."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel
from sqlalchemy import Row

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.imports import FILES, ImportFault, faults_json, uploaded_table
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.settlements import day_of
from groupbuy.api.v1.shapes import Json, Page, Problem, ProblemDetail, RowNumber, Shape
from groupbuy.api.v1.warehouse import Day
from groupbuy.documents.faults import UnreadableTable
from groupbuy.finance.models import BankLine, Posting
from groupbuy.flows import bank_reading, banking
from groupbuy.flows.bank_file import idle_rows, layout, read_statement
from groupbuy.http.errors import problem_of
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso

MOST_FAULTS = 200
MOST_MATCHED = 1000

Header = Annotated[Text, Field(max_length=60)]


class StatementColumns(Query):
    """The headers of a statement where they are called otherwise than usual; empty ones are found by name."""

    day: Header = ""
    amount: Header = ""
    income: Header = ""
    expense: Header = ""
    who: Header = ""
    words: Header = ""
    reference: Header = ""


class StatementTaken(Shape):
    """Lines of the file, those of them that were not here before, and how many were matched by themselves.

    ``sums`` are the rows that were passed over: they add others up (合计), state a balance, or say zero.
    """

    lines: int
    new: int
    matched: int
    sums: list[int]


class StatementFaults(Shape):
    """Rows of the file that cannot be read; nothing of it is stored."""

    errors: list[ImportFault]
    error: ProblemDetail


class StatementRefused(RootModel[StatementFaults | Problem]):
    """Faults in the file, or in the request."""


class BankLineQuery(Page):
    """Which lines: in one state, from a day to another, both included."""

    state: Literal["open", "matched", "set_aside"] | None = None
    since: Day | None = None
    until: Day | None = None


class BankLineShape(Shape):
    """A line of the bank: ``amount_fen`` above zero came in; ``note`` says why it is set aside."""

    id: int
    day: str
    amount_fen: int
    who: str
    words: str
    reference: str
    state: Literal["open", "matched", "set_aside"]
    note: str | None


class BankLinesShape(Shape):
    """A page of lines, the latest first."""

    items: list[BankLineShape]
    next_cursor: str | None


class MovementShape(Shape):
    """A movement of ours with the reference it was noted with; ``posting`` is what a match names."""

    posting: int
    kind: Literal["withdrawal", "supplier_payment", "cash_handover", "debt_settlement"]
    booked_at: str
    amount_fen: int
    reference: str


class MovementsShape(Shape):
    """A page of movements behind which no line stands, the oldest first."""

    items: list[MovementShape]
    next_cursor: str | None


class BankLineDetail(Shape):
    """A line and what stands behind it.

    While it is open, ``proposed`` are sets of postings that come to its amount in its days, the likeliest
    first, and ``candidates`` the movements in its direction among which they are.
    """

    line: BankLineShape
    matched: list[int]
    proposed: list[list[int]]
    candidates: list[MovementShape]


class BankMatching(Body):
    """The postings that stand behind a line; they add up to it."""

    postings: Annotated[list[RowNumber], Field(min_length=1, max_length=MOST_MATCHED)]


class SettingAside(Body):
    """Why a line is none of ours."""

    note: Annotated[Text, Field(min_length=1, max_length=banking.MAX_NOTE)]


@endpoint(
    "POST",
    "/bank/statements",
    scope="money:write",
    roles=STAFF,
    query=StatementColumns,
    uploads=FILES,
    answers={201: StatementTaken, 422: StatementRefused},
)
def take_statement_in(identity: Identity, query: StatementColumns) -> tuple[int, Any]:
    """Take in a statement, CSV (UTF-8 or GBK) or .xlsx, as the request's body; each line counts once."""
    try:
        columns = query.model_dump()
        table = uploaded_table(layout(columns))
        rows, sums = read_statement(table, columns=columns), idle_rows(table, columns=columns)
    except UnreadableTable as error:
        return 422, _refused(error)
    taken = banking.take_in(rows=rows, now=utc_now(), actor=identity.actor.name)
    return 201, {"lines": taken.lines, "new": taken.new, "matched": taken.matched, "sums": sums}


@endpoint(
    "GET", "/bank/lines", scope="money:read", roles=STAFF, query=BankLineQuery, answers={200: BankLinesShape}
)
def list_bank_lines(identity: Identity, query: BankLineQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List lines of the bank, the latest first."""
    since = day_of(query.since, "since") if query.since else None
    until = day_of(query.until, "until") if query.until else None
    found = bank_reading.page_of_lines(
        bank_reading.selected(state=query.state, since=since, until=until),
        before=cursors.day_and_id(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.day.isoformat(), row.id))
    return 200, {"items": [_line(row) for row in rows], "next_cursor": cursor}


@endpoint("GET", "/bank/lines/<int:line_id>", scope="money:read", roles=STAFF, answers={200: BankLineDetail})
def show_bank_line(identity: Identity, line_id: int) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show a line with what stands behind it, or could."""
    return 200, _detail(line_id)


@endpoint(
    "POST",
    "/bank/lines/<int:line_id>/match",
    scope="money:write",
    roles=STAFF,
    body=BankMatching,
    answers={200: BankLineDetail},
)
def match_bank_line(identity: Identity, line_id: int, body: BankMatching) -> tuple[int, Any]:
    """Match an open line with movements that add up to it."""
    banking.match(line_id=line_id, posting_ids=body.postings, now=utc_now(), actor=identity.actor.name)
    return 200, _detail(line_id)


@endpoint(
    "POST",
    "/bank/lines/<int:line_id>/aside",
    scope="money:write",
    roles=STAFF,
    body=SettingAside,
    answers={200: BankLineDetail},
)
def set_bank_line_aside(identity: Identity, line_id: int, body: SettingAside) -> tuple[int, Any]:
    """Set an open line aside that is none of ours: the bank's fee, interest."""
    banking.set_aside(line_id=line_id, note=body.note, now=utc_now(), actor=identity.actor.name)
    return 200, _detail(line_id)


@endpoint(
    "POST",
    "/bank/lines/<int:line_id>/reopening",
    scope="money:write",
    roles=STAFF,
    answers={200: BankLineDetail},
)
def reopen_bank_line(identity: Identity, line_id: int) -> tuple[int, Any]:
    """Take a match or a setting aside back."""
    banking.reopen(line_id=line_id, now=utc_now(), actor=identity.actor.name)
    return 200, _detail(line_id)


@endpoint("GET", "/bank/missing", scope="money:read", roles=STAFF, query=Page, answers={200: MovementsShape})
def list_not_at_the_bank(identity: Identity, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List our movements behind which no line of the bank stands, the oldest first."""
    found = bank_reading.page_of_missing(after=cursors.id_after(query.cursor), most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.Posting.id,))
    return 200, {"items": [_movement(row) for row in rows], "next_cursor": cursor}


def _refused(error: UnreadableTable) -> Json:
    first = BadInput(error.code, error.message, param="body")
    return {"errors": faults_json(error.faults[:MOST_FAULTS])} | problem_of(first).as_json()


def _detail(line_id: int) -> Json:
    line = banking.get_line(line_id)
    proposed = bank_reading.proposals(line) if line.state == "open" else []
    candidates = bank_reading.candidates(line, proposed) if line.state == "open" else []
    return {
        "line": _line(line),
        "matched": [posting.id for posting in banking.matched_with(line_id)],
        "proposed": [list(one.postings) for one in proposed],
        "candidates": [_movement(row) for row in candidates],
    }


def _line(row: BankLine) -> Json:
    names = ("id", "amount_fen", "who", "words", "reference", "state", "note")
    return {"day": row.day.isoformat()} | {name: getattr(row, name) for name in names}


def _movement(row: Row[Any]) -> Json:
    posting: Posting = row.Posting
    return {
        "posting": posting.id,
        "kind": posting.cause_kind,
        "booked_at": iso(posting.at),
        "amount_fen": row.fen,
        "reference": row.proof,
    }
