"""A leader's sheets as pages: printed from the phone or the desk without a download."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.html_data import html_sheet
from groupbuy.documents.sheet import Kind, Sheet
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.web.leader.blueprint import blueprint, for_leaders, round_of, the_leader

# The application puts its maker of sheets there, so that the pages need not know how documents are made.
SHEETS = "groupbuy_sheets"
SheetsOf = Callable[[str, str, str | None, datetime], Sequence[Sheet]]


@blueprint.get("/rounds/<name>/print/<any(pickup_sheet, sorting_list):kind>")
@for_leaders
def print_sheet(name: str, kind: str) -> ResponseReturnValue:
    """Show a sheet ready to print; who looked at it is logged, as for the file."""
    leader, now = the_leader(), utc_now()
    code, round_ = leader.code, round_of(leader, name)
    sheets_of: SheetsOf = current_app.extensions[SHEETS]
    sheets = [html_sheet(sheet) for sheet in sheets_of(kind, round_.name, code, now)]
    page = render_template(
        "leader/print.html",
        round=round_,
        sheets=sheets,
        drawing=drawing,
        qr=Kind.QR.value,
        back=url_for("leader.rounds_show", name=name),
    )
    who = signed_in().actor.name
    in_transaction(
        lambda: audit.record(
            at=now,
            actor=who,
            verb="document_taken",
            subject_kind="round",
            subject=name,
            after={"kind": kind, "code": code},
        )
    )
    return page


def drawing(svg: str) -> Markup:
    """Return a QR code as a drawing: it is made by us, of modules only, and holds no text of anybody."""
    return Markup(svg)  # noqa: S704 # As above.
