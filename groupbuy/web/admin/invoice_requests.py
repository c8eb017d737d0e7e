"""The queue of invoices that residents ask for: issued with a number and a file, or refused with a reason."""

from functools import cache
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.http.pictures import redrawn
from groupbuy.http.quotas import count_upload
from groupbuy.invoicing import correcting, queries, rules, service
from groupbuy.invoicing.correcting import File
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import ReasonForm
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    by_state,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.invoice_files import invoice_download, red_invoice_download
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

# An invoice on paper stays legible.
WIDTH = 2000
# How JPEG, PNG and WebP begin.
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


class IssueForm(PageForm):
    """The number of an invoice; its file is read from the request."""

    number = StringField(
        _l("Number of the invoice"), validators=[InputRequired(), Length(max=2 * rules.MAX_NUMBER)]
    )


class ReverseForm(PageForm):
    """The number of a red-letter invoice, and whether another one is made."""

    number = StringField(
        _l("Number of the red-letter invoice"), validators=[InputRequired(), Length(max=2 * rules.MAX_NUMBER)]
    )
    again = BooleanField(_l("Ask for a new invoice of what is kept"), default=True)


class RedFileForm(PageForm):
    """The file of a red-letter invoice is read from the request."""


def _to(endpoint: str, *states: str) -> Any:
    def address(row: InvoiceRequest) -> str | None:
        return url_for(f"admin.{endpoint}", request_id=row.id) if row.state in states else None

    return address


COLUMNS = (
    Column(_l("Asked"), lambda row: row.asked_at, "moment", sort="asked"),
    Column(_l("Order"), lambda row: row.order.number, "code", width=18),
    Column(_l("Resident"), lambda row: row.order.resident.name, "name"),
    Column(_l("Title of the invoice"), lambda row: row.title, width=26),
    Column(_l("Tax number"), lambda row: row.tax_number, "code", width=22),
    Column(_l("Mail address"), lambda row: row.email, width=24),
    Column(_l("Paid and kept"), lambda row: queries.kept_of(row.order), "money"),
    Column(_l("Invoice of"), lambda row: row.amount_fen, "money"),
    Column(_l("Number of the invoice"), lambda row: row.invoice_number, "code", width=22),
    Column(_l("Red-letter invoice"), lambda row: row.red_number, "code", width=22),
    Column(_l("State"), lambda row: row.state, "state:invoice_request"),
    Column(_l("Reason"), lambda row: row.reason),
)


@blueprint.get("/invoice-requests")
def invoice_requests() -> ResponseReturnValue:
    """List what residents ask for, the latest first; ``kept`` finds what was given back on since."""
    listing = Listing(
        "invoice-requests",
        _("Invoices for residents"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Order, resident, title or number")),
            by_state("invoice_request"),
            Filter("kept", _("Amount"), [("differs", _("given back since"))], _("All amounts")),
            Filter("from", _("Day of the request"), until="until"),
        ),
        sorts={"asked": InvoiceRequest.asked_at},
        actions=(
            (_("Issue"), _to("invoice_requests_issue", "asked")),
            (_("Refuse"), _to("invoice_requests_refuse", "asked")),
            (_("Take the invoice back"), _to("invoice_requests_reverse", "correcting")),
            (_("Download"), _to("invoice_requests_file", "issued", "correcting", "reversed")),
            (_("Red-letter invoice"), _to("invoice_requests_red", "reversed")),
        ),
        personal=True,
        scalars=True,
        exported_by=rights.EXPORTS_PEOPLE | {"finance"},
    )
    return show(listing, empty_text=_("Nobody has asked for an invoice."))


def _statement() -> Select[InvoiceRequest]:
    row = InvoiceRequest
    statement = (
        queries.queue()
        .where(*in_state(row.state), *within_days(row.asked_at, "from", "until"))
        .where(*searched(Order.number, Resident.name, row.title, row.tax_number, row.invoice_number))
    )
    return statement.where(queries.differs()) if asked("kept") == "differs" else statement


@blueprint.route("/invoice-requests/<int:request_id>/issue", methods=["GET", "POST"])
def invoice_requests_issue(request_id: int) -> ResponseReturnValue:
    """Note the number of an invoice that was made, and its file."""
    form, file = IssueForm(), cache(_file)

    def store() -> None:
        mime_type, content = file()
        service.issue(
            request_id=request_id,
            number=form.number.data or "",
            mime_type=mime_type,
            content=content,
            now=utc_now(),
            actor=actor().name,
        )

    return _answer(request_id, form, store, _("Issue"), "admin/invoice_issue.html")


@blueprint.route("/invoice-requests/<int:request_id>/refuse", methods=["GET", "POST"])
def invoice_requests_refuse(request_id: int) -> ResponseReturnValue:
    """Refuse an invoice with a reason that the resident reads."""
    form = ReasonForm()

    def store() -> None:
        service.refuse(
            request_id=request_id, reason=form.reason.data or "", now=utc_now(), actor=actor().name
        )

    return _answer(request_id, form, store, _("Refuse"), "admin/invoice_refuse.html")


@blueprint.route("/invoice-requests/<int:request_id>/reverse", methods=["GET", "POST"])
def invoice_requests_reverse(request_id: int) -> ResponseReturnValue:
    """Note the red-letter invoice that takes one back, and ask for another of what is kept."""
    form, file = ReverseForm(), cache(_file)

    def store() -> None:
        sent = request.files.get("file")
        correcting.reverse(
            file=_red_file(file()) if sent and sent.filename else None,
            request_id=request_id,
            number=form.number.data or "",
            again=form.again.data,
            now=utc_now(),
            actor=actor().name,
        )

    return _answer(request_id, form, store, _("Take the invoice back"), "admin/invoice_reverse.html")


@blueprint.route("/invoice-requests/<int:request_id>/red", methods=["GET", "POST"])
def invoice_requests_red(request_id: int) -> ResponseReturnValue:
    """Keep the file of a red-letter invoice that was noted without one; show where it is downloaded."""
    form, file = RedFileForm(), cache(_file)

    def store() -> None:
        correcting.add_file(request_id=request_id, file=_red_file(file()), now=utc_now(), actor=actor().name)

    return _answer(
        request_id,
        form,
        store,
        _("Red-letter invoice"),
        "admin/invoice_red.html",
        stored=bool(queries.with_red_file([request_id])),
    )


@blueprint.get("/invoice-requests/<int:request_id>/red-file")
def invoice_requests_red_file(request_id: int) -> ResponseReturnValue:
    """Download a red-letter invoice."""
    return red_invoice_download(queries.get_request(request_id))


@blueprint.get("/invoice-requests/<int:request_id>/file")
def invoice_requests_file(request_id: int) -> ResponseReturnValue:
    """Download an issued invoice."""
    return invoice_download(queries.get_request(request_id))


def _answer(
    request_id: int, form: PageForm, store: Any, deed: str, template: str, **values: Any
) -> ResponseReturnValue:
    row = queries.get_request(request_id)
    return saving.answer(
        form,
        store,
        title=f"{deed}: {row.order.number}",
        back=(url_for("admin.invoice_requests"), _("Invoices for residents")),
        template=template,
        row=row,
        kept_fen=queries.kept_of(row.order),
        deed=deed,
        **values,
    )


def _file() -> tuple[str, bytes]:
    """Return media type and content of the file that was sent; raise BadInput, TooMany."""
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if not content:
        raise BadInput("required", "Choose a file.", param="file")
    count_upload(signed_in(), len(content))
    if content.startswith(PICTURES):
        return rules.WEBP, redrawn(content, width=WIDTH)
    return rules.check_file(content), content


def _red_file(sent: tuple[str, bytes]) -> File:
    """Return a red-letter invoice as the tax system made it: a picture of it is none."""
    if sent[0] not in rules.TYPES:
        raise BadInput("no_invoice", "This is no whole PDF, OFD or XML.", param="file")
    return File(*sent)
