"""Papers of deliveries: leaders' sheets of a day, the notes of a route's stops, and how it is loaded."""

from flask import current_app
from flask.typing import ResponseReturnValue

from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import papers
from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotAllowed
from groupbuy.messaging.service import Attachment
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone


@blueprint.get(
    "/delivery/days/<day>/<any(pickup_sheet, sorting_list, bag_labels):kind>/<code>.<any(xlsx, pdf):suffix>"
)
def delivery_paper(day: str, kind: str, code: str, suffix: str) -> ResponseReturnValue:
    """Download a leader's sheet or labels of a day, with the orders of all its rounds."""
    if not rights.may_take(signed_in().role, kind):
        raise NotAllowed("role_not_allowed", "Your role does not cover this document.")
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment(f"day_{kind}", day, code, suffix), utc_now())
    now, who, after = utc_now(), actor().name, {"kind": kind, "code": code}
    in_transaction(
        lambda: audit.record(
            at=now, actor=who, verb="document_taken", subject_kind="delivery_day", subject=day, after=after
        )
    )
    return attachment(file.content, file.name, file.mime_type)


@blueprint.get("/delivery/routes/<int:route_id>/<any(notes, loading):kind>.<any(xlsx, pdf):suffix>")
def delivery_route_paper(route_id: int, kind: str, suffix: str) -> ResponseReturnValue:
    """Download the delivery notes of a route, a sheet for each stop, or how its vehicle is loaded."""
    now, who = utc_now(), actor().name
    file = papers.paper_of(route_id, kind, suffix, zone=zone(), now=now)
    in_transaction(lambda: papers.log_taken(route_id, kind, now=now, actor=who))
    return attachment(file.content, file.name, file.mime_type)
