"""Suppliers' invoices and the queue of what does not agree with orders and receipts."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager
from wtforms import FieldList, FormField, HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.form import Form
from wtforms.validators import InputRequired, Length

from groupbuy.catalog.models import Supplier
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.money import format_yuan
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.settlements import claims, matching
from groupbuy.settlements import invoices as service
from groupbuy.settlements.claims import BookedClaim
from groupbuy.settlements.invoices import Asked
from groupbuy.settlements.models import SupplierInvoice
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField, WholeField, YuanField, optional
from groupbuy.web.admin.listing import (
    MAX_EXPORT,
    Column,
    Filter,
    Listing,
    Rows,
    by_state,
    file_asked,
    file_of,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.admin.settlements import tabs
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_SHOWN = 200


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What an invoice asks for a product."""

    code = HiddenField()
    units = WholeField(_l("Units"), validators=optional())
    amount_fen = YuanField(_l("Amount (yuan)"), validators=optional())


class InvoiceForm(PageForm):
    """An invoice for one purchase order."""

    number = StringField(_l("Number of the invoice"), validators=[InputRequired(), Length(max=40)])
    dated = DayField(_l("Dated"), validators=[InputRequired()])
    tax_fen = YuanField(_l("Tax in it (yuan)"), validators=optional())
    lines = FieldList(FormField(LineForm))


class DecisionForm(PageForm):
    """How a difference is settled; ``fingerprint`` is that of the figures on the page."""

    fingerprint = HiddenField()
    how = RadioField(
        _l("Decision"),
        choices=[
            SelectChoice("as_agreed", _l("Pay as agreed; the supplier corrects the invoice")),
            SelectChoice("as_invoiced", _l("Pay as invoiced; the difference is booked")),
        ],
        default="as_agreed",
    )
    claims = Boxes(
        _l("The invoice is net of"),
        coerce=int,
        validate_choice=False,
        description=_l(
            "Claims that are booked already: tick what the invoice has taken off itself, "
            "so that it is taken off once."
        ),
    )
    note = StringField(_l("Note"), validators=[Length(max=200)])


def _page(row: SupplierInvoice) -> str:
    return url_for("admin.invoices_detail", invoice_id=row.id)


COLUMNS = (
    Column(_l("Number of the invoice"), lambda row: row.number, "code", _page),
    Column(_l("Supplier"), lambda row: f"{row.supplier.code} {row.supplier.name}", "name", width=26),
    Column(_l("Purchase order"), lambda row: row.purchase_order.number, "code", width=26),
    Column(_l("Dated"), lambda row: row.dated, "day", sort="dated"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money", sort="amount"),
    Column(_l("Tax in it"), lambda row: row.tax_fen, "money"),
    Column(_l("State"), lambda row: row.state, "state:invoice"),
)

DIFFERENCES = (
    Column(_l("Purchase order"), lambda one: one.order, "code", width=26),
    Column(_l("Supplier"), lambda one: one.supplier_name, width=24),
    Column(_l("Item code"), lambda one: one.product_code, "code"),
    Column(_l("Product"), lambda one: one.product_name, width=26),
    Column(_l("Accepted"), lambda one: one.accepted, "number"),
    Column(_l("Rejected"), lambda one: one.rejected, "number"),
    Column(_l("Invoiced"), lambda one: one.units, "number"),
    Column(_l("Units too many"), lambda one: one.match.excess_units, "number"),
    Column(_l("Above the agreed cost"), lambda one: one.match.price_fen, "money"),
    Column(_l("Difference"), lambda one: one.match.difference_fen, "money"),
)


@blueprint.get("/invoices")
def invoices() -> ResponseReturnValue:
    """List suppliers' invoices, the newest first."""
    statement = (
        select(SupplierInvoice)
        .join(Supplier, Supplier.id == SupplierInvoice.supplier_id)
        .join(PurchaseOrder, PurchaseOrder.id == SupplierInvoice.purchase_order_id)
        .options(contains_eager(SupplierInvoice.supplier), contains_eager(SupplierInvoice.purchase_order))
        .where(*within_days(SupplierInvoice.entered_at, "from", "until"))
        .order_by(SupplierInvoice.id.desc())
        .where(*searched(Supplier.code, Supplier.name, SupplierInvoice.number, PurchaseOrder.number))
        .where(*in_state(SupplierInvoice.state))
    )
    listing = Listing(
        "invoices",
        _("Invoices"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Number, order or supplier")),
            by_state("invoice"),
            Filter("from", _("Day of entry"), until="until"),
        ),
        sorts={"dated": SupplierInvoice.dated, "amount": SupplierInvoice.amount_fen},
        scalars=True,
    )
    empty = _("Enter an invoice from the page of its purchase order.")
    return show(listing, tabs=tabs("admin.invoices"), empty_text=empty)


@blueprint.route("/invoices/new/<number>", methods=["GET", "POST"])
def invoices_new(number: str) -> ResponseReturnValue:
    """Enter an invoice for a purchase order; what is still open of it is filled in."""
    order = purchasing.purchase_order_of_number(number)
    open_ = {one.product_code: one for one in matching.lines_of(number)}
    form = InvoiceForm(lines=[_open_row(one) for one in open_.values()])

    def store() -> None:
        dated: Any = form.dated.data
        service.enter(
            order_number=number,
            number=form.number.data,
            dated=dated,
            lines=[Asked(row.code.data, row.units.data or 0, row.amount_fen.data or 0) for row in form.lines],
            tax_fen=form.tax_fen.data or 0,
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        title=_("Invoice for %(number)s", number=number),
        back=(url_for("admin.purchasing_order", number=number), number),
        then=url_for("admin.invoices", q=number),
        template="admin/invoice_new.html",
        order=order,
        lines=open_,
    )


def _open_row(one: matching.Difference) -> dict[str, Any]:
    units = one.match.open_units
    return {"code": one.product_code, "units": units, "amount_fen": units * one.cost_fen}


@blueprint.get("/invoices/<int:invoice_id>")
def invoices_detail(invoice_id: int) -> ResponseReturnValue:
    """Show an invoice beside its order and what came."""
    invoice = service.get_invoice(invoice_id)
    found = {one.line_id: one for one in matching.lines_of(invoice.purchase_order.number)}
    waits = claims.waiting_of(found.values())
    return render_template("admin/invoice.html", invoice=invoice, found=found, waits=waits)


@blueprint.post("/invoices/<int:invoice_id>/cancel")
def invoices_cancel(invoice_id: int) -> ResponseReturnValue:
    """Take an invoice back."""
    who = actor().name
    in_transaction(lambda: service.cancel(invoice_id=invoice_id, now=utc_now(), actor=who))
    return redirect(url_for("admin.invoices_detail", invoice_id=invoice_id), 303)


@blueprint.get("/invoices/differences")
def invoices_differences() -> ResponseReturnValue:
    """Show the queue of differences."""
    rows = claims.waiting(most=MAX_EXPORT if file_asked() else MOST_SHOWN)
    claimed = {
        line_id: sum(one.amount_fen for one in found) for line_id, found in claims.beside(rows).items()
    }
    columns = (*DIFFERENCES, Column(_("Claims booked"), lambda one: claimed[one.line_id], "money"))
    return file_of("invoice-differences", Rows(_("Differences"), columns, rows)) or render_template(
        "admin/invoice_differences.html",
        rows=rows,
        claimed=claimed,
        tabs=tabs("admin.invoices_differences"),
    )


@blueprint.route("/invoices/differences/<int:line_id>", methods=["GET", "POST"])
def invoices_decide(line_id: int) -> ResponseReturnValue:
    """Decide about a difference."""
    found = matching.difference_of(line_id)
    if found is None:
        raise NotFound("unknown_line", "There is no such line.")
    beside = claims.beside([found])[line_id]
    form = _decision_form(beside)
    # Refused, the page shows the figures of now, and what is sent next is about these.
    seen, form.fingerprint.data = form.fingerprint.data or None, claims.fingerprint(found, beside)

    def store() -> None:
        words: Mapping[str, Any] = {
            "how": form.how.data,
            "note": form.note.data or "",
            "claim_ids": form.claims.data or () if "claims" in form else (),
            "seen": seen,
        }
        service.decide(line_id=line_id, **words, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        title=f"{found.product_name} · {found.order}",
        back=(url_for("admin.invoices_differences"), _("Differences")),
        template="admin/invoice_decide.html",
        found=found,
        deed=_("Decide"),
    )


def _decision_form(found: Sequence[BookedClaim]) -> DecisionForm:
    form = DecisionForm()
    if found:
        form.claims.choices = [(one.id, f"{format_yuan(one.amount_fen)} · {one.note}") for one in found]
    else:
        del form.claims
    return form
