"""Moving in from 快团团 over the API: the export workbook is the body."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any, Literal

from flask import current_app, request

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.imports import XLSX
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.config import Settings
from groupbuy.documents.faults import UnreadableTable
from groupbuy.flows.moving.flow import NotMoved
from groupbuy.flows.moving.reading import read_export
from groupbuy.flows.moving.unattended import Asked, take_over
from groupbuy.flows.moving.values import Export
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Query
from groupbuy.http.sentences import for_program
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.phones import mask_phone


class MoveInQuery(Query):
    """The open round that the orders come into; ``dry_run`` shows everything and takes nothing over."""

    round: Code | None = None
    paid: Literal["true", "false"] = "false"
    dry_run: Literal["true", "false"] = "false"


class Difference(Shape):
    """A figure of the workbook's own summary that its orders do not add up to."""

    figure: str
    about: str
    stated: str
    found: str


class MovedShape(Shape):
    """How much was new, and how much was here before."""

    residents: int
    known_residents: int
    drafts: int
    known_drafts: int
    orders: int
    known_orders: int


class MoveInAnswer(Shape):
    """What was understood and taken over; with ``refused`` nothing was, and ``moved`` is null."""

    title: str
    compared: int
    differences: list[Difference]
    left_out: list[str]
    refused: dict[str, str]
    moved: MovedShape | None
    dry_run: bool


@endpoint(
    "POST",
    "/leaders/<code>/move-in",
    scope="leaders:write",
    query=MoveInQuery,
    uploads=(XLSX,),
    answers={200: MoveInAnswer, 409: MoveInAnswer},
)
def move_in(identity: Identity, code: str, query: MoveInQuery) -> tuple[int, Any]:
    """Take over residents, products and, into an open round, orders from the export workbook."""
    own_leader(identity, code)
    export = _read(request.get_data())
    asked = Asked(code, query.round, query.paid == "true", query.dry_run == "true")
    settings: Settings = current_app.extensions["groupbuy_settings"]
    pay_within = timedelta(minutes=settings.order_timeout_minutes)
    left_out: list[str] = []
    moved, refused = None, dict[str, str]()
    try:
        moved = take_over(export, asked, left_out, now=utc_now(), actor=identity.actor, pay_within=pay_within)
    except NotMoved as error:
        refused = _refused(export, error)
    return (409 if refused else 200), {
        "title": export.title,
        "compared": export.compared,
        "differences": [
            {name: str(value) for name, value in asdict(one).items()} for one in export.differences
        ],
        "left_out": list(dict.fromkeys(left_out)),
        "refused": refused,
        "moved": asdict(moved) if moved else None,
        "dry_run": asked.dry_run,
    }


def _refused(export: Export, error: NotMoved) -> dict[str, str]:
    """Say what was wrong, by the order's number or the masked phone of whom it is about."""
    numbers = {one.ref: f"order {one.number}" for one in export.purchases}
    return {
        numbers.get(who, mask_phone(who)): for_program(fault.message) for who, fault in error.faults.items()
    }


def _read(content: bytes) -> Export:
    """Return the export in a body; raise BadInput ``required`` or ``no_export``."""
    if not content:
        raise BadInput("required", "Send the file as the request's body.", param="body")
    try:
        return read_export(content)
    except UnreadableTable as error:
        sentences = "; ".join(dict.fromkeys(for_program(fault.message) for fault in error.faults))
        raise BadInput("no_export", sentences, param="body") from error
