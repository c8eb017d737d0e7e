"""Statements of suppliers: what is owed, made, approved, paid."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.catalog.models import Supplier
from groupbuy.db.transaction import in_transaction
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.finance import rules as accounts
from groupbuy.kernel.clock import utc_now
from groupbuy.settlements import making, paying, queries, rules, sheets
from groupbuy.settlements.models import SupplierSettlement
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField, YuanField
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    Rows,
    asked,
    by_state,
    file_of,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices


class PlainForm(PageForm):
    """A decision that needs no words."""


class UntilForm(PageForm):
    """Until when a statement goes."""

    day = DayField(
        _l("Up to and including"),
        validators=[InputRequired()],
        description=_l("Everything that was booked until then and is on no statement yet."),
    )


class PaidForm(KeyedForm):
    """What was paid."""

    amount_fen = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    proof = StringField(_l("Reference of the payment"), validators=[InputRequired(), Length(max=200)])


FORMS = {"approve": PlainForm, "cancel": PlainForm, "paid": PaidForm}
DEEDS = {"approve": _l("Approve"), "cancel": _l("Void the statement"), "paid": _l("Note a payment")}


def paid_state(row: SupplierSettlement) -> str:
    """Return how far a statement is paid: ``unpaid``, ``part`` or ``paid``."""
    if row.paid_fen == row.total_fen:
        return "paid"
    return "part" if row.paid_fen else "unpaid"


def _page(row: SupplierSettlement) -> str:
    return url_for("admin.settlements_detail", number=row.number)


COLUMNS = (
    Column(_l("Number"), lambda row: row.number, "code", _page),
    Column(_l("Supplier"), lambda row: f"{row.supplier.code} {row.supplier.name}", "name", width=26),
    Column(_l("Settled until"), lambda row: row.until, "moment"),
    Column(_l("Purchases"), lambda row: row.bought_fen, "money"),
    Column(_l("Claims, price differences and rebates"), lambda row: row.adjusted_fen, "money"),
    Column(_l("To pay"), lambda row: row.total_fen, "money", sort="total"),
    Column(_l("Paid"), lambda row: row.paid_fen, "money"),
    Column(_l("Pay by"), lambda row: row.due_date, "day", sort="due"),
    Column(_l("State"), lambda row: row.state, "state:settlement"),
    Column(_l("Payment"), paid_state, "state:settlement_paid"),
)

OWED = (
    Column(_l("Item code"), lambda row: row[0].code, "code"),
    Column(_l("Supplier"), lambda row: row[0].name, width=24),
    Column(_l("Owed in all"), lambda row: row[1], "money"),
    Column(_l("On no statement yet"), lambda row: row[2], "money"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages about suppliers' money as tabs."""
    pages = (
        (_("Statements"), "admin.settlements"),
        (_("What is owed"), "admin.settlements_owed"),
        (_("Invoices"), "admin.invoices"),
        (_("Differences"), "admin.invoices_differences"),
    )
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


@blueprint.get("/settlements")
def settlements() -> ResponseReturnValue:
    """List statements, the newest first."""
    listing = Listing(
        "settlements",
        _("Supplier statements"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Number or supplier")),
            by_state("settlement"),
            Filter("paid", _("Payment"), state_choices("settlement_paid"), _("Paid or not")),
            Filter("from", _("Settled until"), until="until"),
        ),
        sorts={"total": SupplierSettlement.total_fen, "due": SupplierSettlement.due_date},
        scalars=True,
    )
    empty = _("Statements are made from what is owed, by hand or when a supplier's cycle is over.")
    return show(listing, tabs=tabs("admin.settlements"), empty_text=empty)


def _statement() -> Select[SupplierSettlement]:
    paid, whole = SupplierSettlement.paid_fen, SupplierSettlement.total_fen
    statement = (
        select(SupplierSettlement)
        .join(Supplier, Supplier.id == SupplierSettlement.supplier_id)
        .options(contains_eager(SupplierSettlement.supplier))
        .where(*within_days(SupplierSettlement.until, "from", "until"))
        .where(*searched(Supplier.code, Supplier.name, SupplierSettlement.number))
        .where(*in_state(SupplierSettlement.state))
        .order_by(SupplierSettlement.id.desc())
    )
    parts = {"unpaid": paid == 0, "part": (paid > 0) & (paid < whole), "paid": paid == whole}
    if (part := asked("paid")) in parts:
        statement = statement.where(parts[part], SupplierSettlement.state != "cancelled")
    return statement


@blueprint.get("/settlements/owed")
def settlements_owed() -> ResponseReturnValue:
    """Show what each supplier is owed, and how much of it is on no statement yet."""
    rows = queries.owed()
    return file_of("owed", Rows(_("What is owed"), OWED, rows)) or render_template(
        "admin/settlements_owed.html", rows=rows, tabs=tabs("admin.settlements_owed")
    )


@blueprint.route("/settlements/make/<code>", methods=["GET", "POST"])
def settlements_make(code: str) -> ResponseReturnValue:
    """Make a supplier's statement."""
    supplier = queries.get_supplier(code)
    form = UntilForm(day=utc_now().astimezone(accounts.BOOKS).date())

    def store() -> None:
        day: Any = form.day.data
        until = rules.start_of(day + timedelta(days=1))
        making.make(supplier=queries.get_supplier(code), until=until, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        title=_("Statement for %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.settlements_owed"), _("What is owed")),
        then=url_for("admin.settlements", q=code),
    )


@blueprint.get("/settlements/<number>")
def settlements_detail(number: str) -> ResponseReturnValue:
    """Show a statement with everything on it and what was paid."""
    row = queries.get_settlement(number)
    return render_template(
        "admin/settlement.html",
        row=row,
        items=queries.items_of(row),
        payments=queries.payments_of(row),
        words=item_words(),
        paid_state=paid_state(row),
    )


def item_words() -> Mapping[str, str]:
    """Return what the kinds of things on a statement are called."""
    return {
        "goods_receipt": _("Goods receipt"),
        "claim": _("Claim"),
        "deduction": _("Deduction"),
        "rebate": _("Rebate"),
        "price": _("Price difference"),
    }


@blueprint.get("/settlements/<number>.<any(xlsx, pdf):suffix>")
def settlements_file(number: str, suffix: str) -> ResponseReturnValue:
    """Download a statement."""
    return statement_file(queries.get_settlement(number), suffix)


def statement_file(row: SupplierSettlement, suffix: str) -> Response:
    """Return a statement as a file, behind it what came line by line."""
    now = utc_now()
    sheet = sheets.settlement(row, queries.items_of(row), now)
    lines = queries.received_on(row)
    papers = [sheet, *([sheets.received(row, lines, now)] if lines else ())]
    content = xlsx.write_xlsx(papers) if suffix == "xlsx" else pdf.write_pdf(papers)
    mime = xlsx.CONTENT_TYPE if suffix == "xlsx" else pdf.CONTENT_TYPE
    return attachment(content, f"{said(sheet.title)}-{row.supplier.code}-{row.number}.{suffix}", mime)


@blueprint.route("/settlements/<number>/<any(approve, cancel, paid):deed>", methods=["GET", "POST"])
def settlements_decide(number: str, deed: str) -> ResponseReturnValue:
    """Approve a statement, take it back or note a payment on it."""
    row = queries.get_settlement(number)
    form = FORMS[deed](amount_fen=row.total_fen - row.paid_fen) if deed == "paid" else FORMS[deed]()
    deeds: Mapping[str, Callable[..., object]] = {
        "approve": paying.approve,
        "cancel": making.cancel,
        "paid": paying.pay,
    }

    def store() -> None:
        words = {name: form[name].data for name in ("amount_fen", "proof", "submission_key") if name in form}
        deeds[deed](number=number, **words, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        title=f"{DEEDS[deed]}: {row.supplier.name} {row.number}",
        back=(_page(row), row.number),
        template="admin/settlement_deed.html",
        row=row,
        deed=DEEDS[deed],
    )


@blueprint.post("/settlements/due")
def settlements_due() -> ResponseReturnValue:
    """Make the statements of all suppliers whose cycle is over."""
    count = in_transaction(lambda: making.make_due(now=utc_now()))
    flash(_("%(count)s statements were made.", count=count), "ok")
    return redirect(url_for("admin.settlements"), 303)
