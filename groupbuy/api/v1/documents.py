"""Documents of a round, a day or an order, made from what is stored now."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

from flask import Response, current_app, send_file

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.orders import own_order
from groupbuy.audit import service as audit
from groupbuy.campaigns import queries as campaigns
from groupbuy.catalog.queries import is_supplier
from groupbuy.db.transaction import in_transaction
from groupbuy.http import rights
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotAllowed, NotFound
from groupbuy.leaders.queries import is_leader
from groupbuy.messaging.senders import File
from groupbuy.messaging.service import Attachment

# The application puts its renderer here, so that the API need not know how documents are made.
RENDER = "groupbuy_render"
Render = Callable[[Attachment, datetime], File]

OF_LEADER = ("pickup_sheet", "sorting_list", "commission_statement", "order_export", "bag_labels")
WITH_PEOPLE = ("pickup_sheet", "sorting_list", "order_export", "bag_labels")


@endpoint(
    "GET",
    "/rounds/<round_name>/documents/<kind>.<any(xlsx, pdf):suffix>",
    scope="documents:read",
    answers={200: None},
)
def round_document(identity: Identity, round_name: str, kind: str, suffix: str) -> Response:
    """Download a document of the whole round."""
    return _document(identity, Attachment(kind, round_name, None, suffix))


@endpoint(
    "GET",
    "/rounds/<round_name>/documents/<kind>/<code>.<any(xlsx, pdf):suffix>",
    scope="documents:read",
    answers={200: None},
)
def document_of(identity: Identity, round_name: str, kind: str, code: str, suffix: str) -> Response:
    """Download a document of one leader or supplier of the round."""
    return _document(identity, Attachment(kind, round_name, code, suffix))


@endpoint(
    "GET",
    "/deliveries/<day>/documents/<any(pickup_sheet, sorting_list, bag_labels):kind>/<code>"
    ".<any(xlsx, pdf):suffix>",
    scope="documents:read",
    answers={200: None},
)
def document_of_day(identity: Identity, day: str, kind: str, code: str, suffix: str) -> Response:
    """Download a leader's sheet or labels of a pickup day, with the orders of all its rounds."""
    _check(identity, Attachment(kind, day, code, suffix))
    answer = _file(Attachment(f"day_{kind}", day, code, suffix))
    _log(identity, "delivery_day", Attachment(kind, day, code, suffix))
    return answer


@endpoint(
    "GET",
    "/orders/<order_no>/sales-note.<any(xlsx, pdf):suffix>",
    scope="documents:read",
    roles=("operator", "finance", "resident"),
    answers={200: None},
)
def sales_note(identity: Identity, order_no: str, suffix: str) -> Response:
    """Download the sales note of an order, the resident's own only."""
    wanted = Attachment("sales_note", own_order(identity, order_no).number, None, suffix)
    answer = _file(wanted)
    if identity.role != "resident":
        _log(identity, "order", wanted)
    return answer


def _document(identity: Identity, wanted: Attachment) -> Response:
    _check(identity, wanted)
    campaigns.get_round(wanted.round)
    answer = _file(wanted)
    if wanted.kind in WITH_PEOPLE:
        _log(identity, "round", wanted)
    return answer


def _file(wanted: Attachment) -> Response:
    render: Render = current_app.extensions[RENDER]
    file = render(wanted, utc_now())
    return private_file(file.content, file.name, file.mime_type)


def private_file(content: bytes, name: str, mime_type: str) -> Response:
    """Return a file to be saved; nobody on its way may keep it."""
    response = send_file(BytesIO(content), mimetype=mime_type, as_attachment=True, download_name=name)
    response.direct_passthrough = False
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _check(identity: Identity, wanted: Attachment) -> None:
    """Raise NotFound for an unknown kind or another's document, NotAllowed for a role without it."""
    if wanted.kind not in rights.DOCUMENTS:
        raise NotFound("unknown_document", f"There is no document {wanted.kind}.", param="kind")
    if not rights.may_take(identity.role, wanted.kind):
        raise NotAllowed("role_not_allowed", f"A {identity.role} may not have this document.")
    code = wanted.code or ""
    mine = (
        identity.role not in ("leader", "supplier")
        or (identity.role == "leader" and is_leader(code, identity.leader_ids))
        or (identity.role == "supplier" and is_supplier(code, identity.supplier_ids))
    )
    if identity.limited_to is not None:
        mine = wanted.kind in OF_LEADER and is_leader(code, identity.limited_to)
    if not mine:
        raise NotFound("unknown_document", "There is no such document.", param="code")


def _log(identity: Identity, subject_kind: str, wanted: Attachment) -> None:
    """Note who took people's names and phones out of the platform."""
    in_transaction(
        lambda: audit.record(
            at=utc_now(),
            actor=identity.actor.name,
            verb="document_taken",
            subject_kind=subject_kind,
            subject=wanted.round,
            after={"kind": wanted.kind, "code": wanted.code},
        )
    )
