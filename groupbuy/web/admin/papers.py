"""Documents of a round: one at a time, or all of them in a zip."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from flask import current_app
from flask.typing import ResponseReturnValue

from groupbuy.audit import service as audit
from groupbuy.campaigns import queries as campaigns
from groupbuy.db.transaction import in_transaction
from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotAllowed, NotFound
from groupbuy.leaders.queries import is_leader
from groupbuy.messaging.senders import File
from groupbuy.messaging.service import Attachment
from groupbuy.web.admin.blueprint import actor, blueprint, my_leaders
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import lazy_gettext as _l

# The application puts these here, so that pages need not know how documents are made.
RENDER = "groupbuy_render"
ZIP_ROUND = "groupbuy_zip_round"
Render = Callable[[Attachment, datetime], File]
ZipRound = Callable[[str, Sequence[str], Path, datetime], None]

OF_ROUND = {"pick_list": _l("Pick list"), "matrix": _l("Matrix")}
OF_LEADER = {
    "pickup_sheet": _l("Pickup sheet"),
    "sorting_list": _l("Sorting list"),
    "commission_statement": _l("Commission statement"),
}
OF_SUPPLIER = {"purchase_order": _l("Purchase order")}
# A workbook of the orders as they stand, also while the round sells; it is in no zip.
EXPORT = {"order_export": _l("Order export")}
PRINTED = OF_ROUND | OF_LEADER | OF_SUPPLIER
# A PDF of labels to stick on the bags of a leader; it is in no zip either.
LABELS = {"bag_labels": _l("Bag labels")}
KINDS = OF_ROUND | OF_LEADER | OF_SUPPLIER | EXPORT | LABELS
SUFFIXES = ("xlsx", "pdf")


@blueprint.get("/rounds/<name>/papers/<kind>.<any(xlsx, pdf):suffix>", defaults={"code": None})
@blueprint.get("/rounds/<name>/papers/<kind>/<code>.<any(xlsx, pdf):suffix>")
def campaigns_paper(name: str, kind: str, code: str | None, suffix: str) -> ResponseReturnValue:
    """Download one document; that it was taken is logged, because it may name people."""
    check(kind, code)
    campaigns.get_round(name)
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment(kind, name, code, suffix), utc_now())
    note(name, {"kind": kind, "code": code})
    return attachment(file.content, file.name, file.mime_type)


def check(kind: str, code: str | None, *, each: bool = False) -> None:
    """Raise NotAllowed for a document that the role does not cover, NotFound for an unknown one.

    Staff with limits have no documents but those of their leaders; ``each`` is for one after the other,
    where no code stands for all of those.
    """
    if kind not in KINDS:
        raise NotFound("unknown_document", f"There is no document {kind}.")
    if not rights.may_take(signed_in().role, kind):
        raise NotAllowed("role_not_allowed", "Your role does not cover this document.")
    mine = my_leaders()
    if mine is None:
        return
    own = each if code is None else is_leader(code, mine)
    if not own or kind not in OF_LEADER | EXPORT | LABELS:
        raise NotFound("unknown_document", "There is no such document.")


@blueprint.get("/rounds/<name>/papers.zip")
def campaigns_papers(name: str) -> ResponseReturnValue:
    """Download all documents of a round, workbooks and PDF."""
    campaigns.get_round(name)
    zip_round: ZipRound = current_app.extensions[ZIP_ROUND]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "papers.zip"
        zip_round(name, SUFFIXES, path, utc_now())
        content = path.read_bytes()
    note(name, {"kind": "all"})
    return attachment(content, f"{name}.zip", "application/zip")


def note(name: str, what: dict[str, str | None]) -> None:
    """Log that a document of a round was taken: its kind, and whose it is."""
    who = actor().name
    in_transaction(
        lambda: audit.record(
            at=utc_now(),
            actor=who,
            verb="document_taken",
            subject_kind="round",
            subject=name,
            after=what,
        )
    )
