"""Reports of the trade for any span, with the ledger's figure beside them."""

from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from groupbuy.analytics import report_codes, trade_base, trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Page, Shape
from groupbuy.api.v1.warehouse import Day
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Text
from groupbuy.kernel.errors import BadInput
from groupbuy.settlements.rules import start_of

# Of a cursor that holds the longest of names.
MOST_CURSOR = 2000
Narrow = Annotated[Text, Field(max_length=64)]


class ReportQuery(Page):
    """The first and the last day, and codes that narrow the report."""

    since: Day
    until: Day
    supplier: Narrow = ""
    leader: Narrow = ""
    product: Narrow = ""
    route: Narrow = ""
    warehouse: Narrow = ""
    cursor: Annotated[Text, Field(max_length=MOST_CURSOR)] | None = None


class ReportShape(Shape):
    """A page of rows, as texts and whole numbers in the order of ``columns``; amounts are fen.

    ``count`` and ``sums`` are those of all rows. ``booked_fen`` is what the ledger says the column
    ``agrees`` must come to, null where the report is narrowed; ``proofs`` has the same of every column that
    the ledger proves, by its key.
    """

    report: str
    columns: list[str]
    count: int
    sums: dict[str, int]
    agrees: str
    booked_fen: int | None
    proofs: dict[str, int]
    rows: list[list[str | int | None]]
    next_cursor: str | None


@endpoint(
    "GET", "/reports/<name>", scope="money:read", roles=STAFF, query=ReportQuery, answers={200: ReportShape}
)
def show_report(identity: Identity, name: str, query: ReportQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show a report of the trade.

    It is purchases, sales, stock, in-out, margin-product, -leader, -supplier or -route, freight-leader or
    freight-route.
    """
    report = trade_reports.get_report(name)
    first, last = _day(query.since, "since"), _day(query.until, "until")
    if not date(2000, 1, 1) <= first <= last < date(9000, 1, 1):
        raise BadInput("out_of_range", "The first day is not after the last one.", param="since")
    codes = {code: getattr(query, code) for code in trade_base.CODES}
    report_codes.check_used(codes, report.narrows)
    report_codes.check(codes)
    wanted = Wanted(start_of(first), start_of(last + timedelta(days=1)), **codes)
    found = trade_base.figures(report, wanted)
    kinds = [one.kind for one in report.sorted_by]
    after = [] if query.cursor is None else cursors.sort_key(query.cursor, kinds)
    asked = trade_reports.rows_of(report, wanted, most=query.limit + 1, after=after)
    rows, cursor = cursors.page(asked, limit=query.limit, key=partial(trade_reports.key_of, report))
    return 200, {
        "report": report.name,
        "columns": [column.key for column in report.columns],
        "count": found.rows,
        "sums": dict(found.sums),
        "agrees": report.agrees,
        "booked_fen": found.booked,
        "proofs": dict(found.proofs),
        "rows": [list(trade_reports.cells(report, row)) for row in rows],
        "next_cursor": cursor,
    }


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_format", "There is no such day.", param=name) from error
