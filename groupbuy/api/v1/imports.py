"""Imports: a file is stored whole, or every fault is listed."""

from collections.abc import Iterable
from typing import Any, Literal

from flask import current_app, request
from pydantic import RootModel

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Problem, ProblemDetail, Shape
from groupbuy.config import Settings
from groupbuy.documents.faults import Fault, UnreadableTable
from groupbuy.documents.reading import OURS, Layout, Table, read_table
from groupbuy.flows.importing import ImportResult, import_file
from groupbuy.http.errors import problem_of
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Query
from groupbuy.http.sentences import for_program
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = (CSV, XLSX)


class ImportQuery(Query):
    """With ``dry_run=true`` everything is checked and nothing is stored."""

    dry_run: Literal["true", "false"] = "false"


class ImportFault(Shape):
    """A fault at a cell; rows are counted as a spreadsheet does."""

    row: int
    column: str
    code: str
    message: str


class ImportAnswer(Shape):
    """What the command line prints; with faults nothing is stored and ``error`` says so."""

    imported: int
    created: int
    updated: int
    unchanged: int
    errors: list[ImportFault]
    error: ProblemDetail | None = None


class ImportRefused(RootModel[ImportAnswer | Problem]):
    """Faults in the file, or in the request."""


@endpoint(
    "POST",
    "/imports/<any(suppliers, products, sources, leaders, residents, offers, orders):kind>",
    scope="imports:write",
    query=ImportQuery,
    uploads=FILES,
    answers={200: ImportAnswer, 422: ImportRefused},
)
def import_rows(identity: Identity, kind: str, query: ImportQuery) -> tuple[int, Any]:
    """Import a CSV (UTF-8) or .xlsx file, sent as the request's body."""
    settings: Settings = current_app.extensions["groupbuy_settings"]
    try:
        result = import_file(
            kind=kind,
            table=uploaded_table(),
            now=utc_now(),
            zone=settings.timezone,
            actor=identity.actor.name,
            dry_run=query.dry_run == "true",
        )
    except UnreadableTable as error:
        result = ImportResult(0, 0, 0, error.faults)
    return (422 if result.faults else 200), _plain(result)


def uploaded_table(layout: Layout = OURS) -> Table:
    """Return the table in the request's body.

    Raise BadInput ``required`` without a file, UnreadableTable.
    """
    content = request.get_data()
    if not content:
        raise BadInput("required", "Send the file as the request's body.", param="body")
    return read_table(content, "body.xlsx" if request.mimetype == XLSX else "body.csv", layout=layout)


def _plain(result: ImportResult) -> Json:
    plain: Json = {
        "imported": result.imported,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "errors": faults_json(result.faults),
    }
    return plain | problem_of(result.refusal).as_json() if result.faults else plain


def faults_json(faults: Iterable[Fault]) -> list[Json]:
    """Return faults with their sentences in the language that the request asks for."""
    return [fault._replace(message=for_program(fault.message))._asdict() for fault in faults]
