"""Papers of deliveries: leaders' sheets of a day, the notes of a route's stops, and how it is loaded."""

from collections.abc import Sequence

from flask import current_app
from flask.typing import ResponseReturnValue

from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, queries
from groupbuy.delivery.loading import loads_of
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.delivery.sheets import loading_list, notes_of
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.sheet import Sheet
from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotAllowed, NotFound
from groupbuy.messaging.service import Attachment
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import zone
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment


@blueprint.get(
    "/delivery/days/<day>/<any(pickup_sheet, sorting_list, bag_labels):kind>/<code>.<any(xlsx, pdf):suffix>"
)
def delivery_paper(day: str, kind: str, code: str, suffix: str) -> ResponseReturnValue:
    """Download a leader's sheet or labels of a day, with the orders of all its rounds."""
    if not rights.may_take(signed_in().role, kind):
        raise NotAllowed("role_not_allowed", "Your role does not cover this document.")
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment(f"day_{kind}", day, code, suffix), utc_now())
    _log_taken("delivery_day", day, {"kind": kind, "code": code})
    return attachment(file.content, file.name, file.mime_type)


@blueprint.get("/delivery/routes/<int:route_id>/notes.<any(xlsx, pdf):suffix>")
def delivery_notes(route_id: int, suffix: str) -> ResponseReturnValue:
    """Download the delivery notes of a route, a sheet for each stop."""
    route, now = queries.get_route(route_id), utc_now()
    goods = brought.goods_of_stops(route.stops)
    sheets = notes_of(route, goods, zone=zone(), printed_at=now)
    return _of_route(route, sheets, "配送单", "delivery_note", suffix)


@blueprint.get("/delivery/routes/<int:route_id>/loading.<any(xlsx, pdf):suffix>")
def delivery_loading(route_id: int, suffix: str) -> ResponseReturnValue:
    """Download how a route's vehicle is loaded, the last stop first."""
    route, now = queries.get_route(route_id), utc_now()
    loads = loads_of(route)
    sheets = [loading_list(route, loads, zone=zone(), printed_at=now)] if loads else []
    return _of_route(route, sheets, "装车单", "loading_list", suffix)


def _of_route(
    route: DeliveryRoute, sheets: Sequence[Sheet], title: str, kind: str, suffix: str
) -> ResponseReturnValue:
    if not sheets:
        raise NotFound("unknown_document", "Nothing is delivered on this route.")
    content = pdf.write_pdf(sheets) if suffix == "pdf" else xlsx.write_xlsx(sheets)
    _log_taken("delivery_route", str(route.id), {"kind": kind})
    mime_type = pdf.CONTENT_TYPE if suffix == "pdf" else xlsx.CONTENT_TYPE
    return attachment(content, f"{title}-{route.day}-{route.name}.{suffix}", mime_type)


def _log_taken(subject_kind: str, subject: str, after: dict[str, str]) -> None:
    """Note who took residents' names out of the platform."""
    now, who = utc_now(), actor().name
    in_transaction(
        lambda: audit.record(
            at=now,
            actor=who,
            verb="document_taken",
            subject_kind=subject_kind,
            subject=subject,
            after=after,
        )
    )
