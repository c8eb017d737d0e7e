"""What leaves the stock for no round, and every movement as a list."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.catalog.models import Product
from groupbuy.catalog.service import get_product
from groupbuy.catalog.supplier_files import get_supplier
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Sheet
from groupbuy.flows import taking_back, taking_out
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import batching, issuing, sending_back
from groupbuy.warehouse.issuing import WRITE_OFF
from groupbuy.warehouse.models import BatchMovement, StockBatch, StockIssue, StockMovement, StockTransfer
from groupbuy.warehouse.sending_back import SUPPLIER_RETURN
from groupbuy.warehouse.sheets import issue_note
from groupbuy.warehouse.transferring import TRANSFER
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.admin.listing import Column, Filter, Listing, chosen, searched, show, within_days
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.admin.stock_batches import batch_label
from groupbuy.web.admin.warehouses import asked_place, place_filter, place_name
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices


def _product(row: Any) -> str:
    return url_for("admin.stock_product", code=row.Product.code)


def _note(row: Any) -> str | None:
    if row.StockMovement.cause_kind == taking_back.CAUSE:
        return url_for("admin.aftersales_case", number=row.number)
    if row.StockMovement.kind == TRANSFER:
        return url_for("admin.stock_transfer", number=row.number)
    return url_for("admin.stock_note", number=row.number, suffix="pdf") if row.number else None


COLUMNS = (
    Column(_l("When"), lambda row: row.StockMovement.at, "moment"),
    Column(_l("Item code"), lambda row: row.Product.code, "code", _product),
    Column(_l("Product"), lambda row: row.Product.name, "name", width=28),
    Column(_l("Movement"), lambda row: row.StockMovement.kind, "state:stock_movement"),
    Column(_l("Warehouse"), lambda row: place_name(row.StockBatch.warehouse)),
    Column(_l("Batch"), lambda row: row.StockBatch.number),
    Column(_l("Units"), lambda row: row.units, "number", sort="units"),
    Column(_l("Cost"), lambda row: row.StockMovement.cost_fen, "money"),
    Column(_l("Note"), lambda row: row.number, "code", _note, width=18),
)


class IssueForm(KeyedForm):
    """What leaves the stock and why."""

    kind = SelectField(
        _l("Kind"),
        choices=[
            SelectChoice(WRITE_OFF, _l("write off")),
            SelectChoice(SUPPLIER_RETURN, _l("return to the supplier")),
        ],
    )
    batch = SelectField(_l("Batch"), coerce=int)
    supplier_code = SelectField(_l("Back to"), default="")
    units = WholeField(_l("Units"), validators=[InputRequired()])
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=issuing.MAX_REASON)])


@blueprint.get("/stock/movements")
def stock_movements() -> ResponseReturnValue:
    """List every movement of the stock by batch and warehouse, the latest first."""
    listing = Listing(
        "stock-movements",
        _("Movements"),
        _movements(),
        COLUMNS,
        filters=(
            Filter("q", _("Code, name, batch or note")),
            place_filter(),
            Filter("kind", _("Movement"), state_choices("stock_movement"), _("All movements")),
            Filter("from", _("Day of the movement"), until="until"),
        ),
        sorts={"units": BatchMovement.units},
    )
    return show(listing, tabs=tabs("admin.stock_movements"), empty_text=_("Nothing has moved yet."))


def _movements() -> Select[*tuple[Any, ...]]:
    issued = (StockMovement.cause_kind == issuing.CAUSE) & (StockMovement.cause_id == StockIssue.id)
    returned = (StockMovement.cause_kind == taking_back.CAUSE) & (StockMovement.cause_id == AfterSaleCase.id)
    sent = (StockMovement.kind == TRANSFER) & (StockMovement.cause_id == StockTransfer.id)
    number = func.coalesce(StockIssue.number, AfterSaleCase.number, StockTransfer.number)
    statement = (
        select(StockMovement, Product, StockBatch, BatchMovement.units.label("units"))
        .add_columns(number.label("number"))
        .join(Product, Product.id == StockMovement.product_id)
        .join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .outerjoin(StockIssue, issued)
        .outerjoin(AfterSaleCase, returned)
        .outerjoin(StockTransfer, sent)
        .order_by(StockMovement.id.desc(), BatchMovement.stock_batch_id)
        .where(*chosen("kind", StockMovement.kind), *within_days(StockMovement.at, "from", "until"))
        .where(*searched(Product.code, Product.name, StockBatch.number, number))
    )
    place = asked_place()
    return statement.where(StockBatch.warehouse_id == place.id) if place else statement


@blueprint.route("/stock/<code>/issue", methods=["GET", "POST"])
def stock_issue(code: str) -> ResponseReturnValue:
    """Write goods off or return them to a supplier, with a note."""
    product, form = get_product(code), IssueForm()
    form.batch.choices = _batches(product.id)
    _ask_whose(form, product)

    def store() -> None:
        to = form.data.get("supplier_code") if form.kind.data == SUPPLIER_RETURN else None
        taking_out.take_out(
            product=get_product(code),
            kind=form.kind.data,
            units=form.units.data or 0,
            reason=form.reason.data or "",
            now=utc_now(),
            zone=zone(),
            actor=actor(),
            submission_key=form.submission_key.data or None,
            batch_id=form.batch.data or None,
            supplier=get_supplier(to) if to else None,
        )

    back = url_for("admin.stock_product", code=code)
    return saving.answer(
        form,
        store,
        title=_("Take out of stock: %(product)s", product=product.name),
        back=(back, product.name),
        then=url_for("admin.stock_movements", q=code),
        done=_("It is out of stock; the note is in the list."),
    )


def _batches(product_id: int) -> list[SelectChoice]:
    rows = batching.there(product_id)
    named = (SelectChoice(rows[one].id, batch_label(rows[one])) for one in sorted(rows))
    return [SelectChoice(0, _("what expires first")), *named]


def _ask_whose(form: IssueForm, product: Product) -> None:
    suppliers = sending_back.suppliers_of(product)
    if len(suppliers) == 1:
        del form.supplier_code
        return
    named = (SelectChoice(one.code, f"{one.name} ({one.code})") for one in suppliers)
    form.supplier_code.choices = [SelectChoice("", _("who brought the goods")), *named]


@blueprint.get("/stock/notes/<number>.<any(xlsx, pdf):suffix>")
def stock_note(number: str, suffix: str) -> ResponseReturnValue:
    """Download the note of goods that left the stock."""
    note = issuing.get_issue(number)
    batches = batching.of_movement(note.kind, (issuing.CAUSE, note.id))
    sheet = issue_note(note, batches, zone=zone(), printed_at=utc_now())
    return paper(sheet, f"{said(sheet.title)}-{number}", suffix)


def paper(sheet: Sheet, name: str, suffix: str) -> ResponseReturnValue:
    """Send a sheet as a PDF or a workbook."""
    content = pdf.write_pdf([sheet]) if suffix == "pdf" else xlsx.write_xlsx([sheet])
    mime_type = pdf.CONTENT_TYPE if suffix == "pdf" else xlsx.CONTENT_TYPE
    return attachment(content, f"{name}.{suffix}", mime_type)
