"""What a route's driver takes along, as files: the notes of its stops (配送单), how it is loaded (装车单)."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit import service as audit
from groupbuy.delivery import brought, queries
from groupbuy.delivery.loading import loads_of
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.delivery.sheets import loading_list, notes_of
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Sheet
from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.senders import File

NOTES, LOADING = "notes", "loading"
TITLES = {NOTES: "配送单", LOADING: "装车单"}
# Under these kinds it is logged that somebody took one.
_LOGGED = {NOTES: "delivery_note", LOADING: "loading_list"}


def sheets_of(route: DeliveryRoute, kind: str, *, zone: ZoneInfo, printed_at: datetime) -> Sequence[Sheet]:
    """Return a paper's sheets, none where nothing is delivered on the route."""
    if kind == NOTES:
        return notes_of(route, brought.goods_of_stops(route.stops), zone=zone, printed_at=printed_at)
    loads = loads_of(route)
    return [loading_list(route, loads, zone=zone, printed_at=printed_at)] if loads else []


def paper_of(route_id: int, kind: str, suffix: str, *, zone: ZoneInfo, now: datetime) -> File:
    """Return a paper as a workbook or PDF; raise NotFound."""
    route = queries.get_route(route_id)
    sheets = sheets_of(route, kind, zone=zone, printed_at=now)
    if not sheets:
        raise NotFound("unknown_document", "Nothing is delivered on this route.")
    name = f"{said(TITLES[kind])}-{route.day}-{route.name}.{suffix}"
    if suffix == "pdf":
        return File(name, pdf.CONTENT_TYPE, pdf.write_pdf(sheets))
    return File(name, xlsx.CONTENT_TYPE, xlsx.write_xlsx(sheets))


def log_taken(route_id: int, kind: str, *, now: datetime, actor: str) -> None:
    """Note who took a paper, which may name people, out of the platform."""
    audit.record(
        at=now,
        actor=actor,
        verb="document_taken",
        subject_kind="delivery_route",
        subject=str(route_id),
        after={"kind": _LOGGED[kind]},
    )
