"""Goods receipts, and the rejection note of one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Supplier
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.http.guards import signed_in
from groupbuy.http.pictures import store_picture
from groupbuy.http.quotas import count_upload
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import photos
from groupbuy.warehouse.models import GoodsReceipt, GoodsReceiptLine
from groupbuy.warehouse.receipts import get_receipt
from groupbuy.warehouse.sheets import rejection_note
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, Rows, file_of, searched, show, within_days
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

COLUMNS = (
    Column(
        _l("Number"),
        lambda row: row.GoodsReceipt.number,
        "code",
        lambda row: url_for("admin.receiving_receipt", number=row.GoodsReceipt.number),
        width=26,
    ),
    Column(_l("Received"), lambda row: row.GoodsReceipt.received_at, "moment"),
    Column(_l("Supplier"), lambda row: row.Supplier.name, "name", width=24),
    Column(_l("Delivered"), lambda row: row.delivered, "number"),
    Column(_l("Rejected"), lambda row: row.rejected, "number"),
    Column(
        _l("Purchase order"),
        lambda row: row.PurchaseOrder.number,
        "code",
        lambda row: url_for("admin.purchasing_order", number=row.PurchaseOrder.number),
        width=24,
    ),
)
LINE_COLUMNS = (
    Column(_l("Item code"), lambda row: row.line.product.code, "code"),
    Column(_l("Product"), lambda row: row.line.product.name, "name", width=28),
    Column(_l("Delivered"), lambda row: row.delivered, "number"),
    Column(_l("Rejected"), lambda row: row.rejected, "number"),
    Column(_l("Accepted"), lambda row: row.accepted, "number"),
    Column(_l("Reason"), lambda row: row.reject_reason, width=24),
    Column(_l("Batch"), lambda row: row.batch, "code"),
    Column(_l("Best before"), lambda row: row.best_before, "day"),
    Column(_l("Warehouse"), lambda row: row.warehouse.name, width=16),
)


@blueprint.get("/receiving/receipts")
def receiving_receipts() -> ResponseReturnValue:
    """List goods receipts, the latest first."""
    listing = Listing(
        "goods-receipts",
        _("Goods receipts"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Number or supplier")),
            Filter("from", _("Day of the delivery"), until="until"),
        ),
    )
    return show(
        listing, tabs=tabs("admin.receiving_receipts"), empty_text=_("Nothing has been received yet.")
    )


def _statement() -> Select[*tuple[Any, ...]]:
    line = aliased(GoodsReceiptLine)
    delivered = select(total(line.delivered)).where(line.goods_receipt_id == GoodsReceipt.id)
    rejected = select(total(line.rejected)).where(line.goods_receipt_id == GoodsReceipt.id)
    return (
        select(
            GoodsReceipt,
            PurchaseOrder,
            Supplier,
            delivered.scalar_subquery().label("delivered"),
            rejected.scalar_subquery().label("rejected"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == GoodsReceipt.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .order_by(GoodsReceipt.id.desc())
        .where(*within_days(GoodsReceipt.received_at, "from", "until"))
        .where(*searched(GoodsReceipt.number, PurchaseOrder.number, Supplier.name, Supplier.code))
    )


@blueprint.get("/receiving/receipts/<number>")
def receiving_receipt(number: str) -> ResponseReturnValue:
    """Show a goods receipt."""
    receipt = get_receipt(number)
    goods = Rows(receipt.number, LINE_COLUMNS, receipt.lines)
    return file_of(receipt.number, goods) or render_template(
        "admin/receipt.html",
        receipt=receipt,
        rejected=any(line.rejected for line in receipt.lines),
        photos=photos.photos_of(receipt.id),
        most_photos=photos.MOST,
    )


@blueprint.post("/receiving/receipts/<number>/photos")
def receiving_photos(number: str) -> ResponseReturnValue:
    """Add photos of what was rejected: drawn anew, so that nothing is left but what can be seen."""
    sent = [content for file in request.files.getlist("photos") if (content := file.read())]
    try:
        for content in sent[: photos.MOST + 1]:
            count_upload(signed_in(), len(content))
            _add_photo(number, store_picture(content))
    except (BadInput, RuleBroken) as error:
        flash(translate_sentence(error.message), "bad")
    else:
        flash(_("Saved."), "ok")
    return redirect(url_for("admin.receiving_receipt", number=number), 303)


def _add_photo(number: str, path: str) -> None:
    in_transaction(
        lambda: photos.add(receipt=get_receipt(number), path=path, now=utc_now(), actor=actor().name)
    )


@blueprint.get("/receiving/receipts/<number>/rejected.<any(xlsx, pdf):suffix>")
def receiving_rejected(number: str, suffix: str) -> ResponseReturnValue:
    """Download the rejection note of a delivery."""
    receipt, now = get_receipt(number), utc_now()
    if not any(line.rejected for line in receipt.lines):
        raise NotFound("unknown_document", "Nothing of this delivery was rejected.")
    sheet = rejection_note(receipt, zone=zone(), printed_at=now)
    content = pdf.write_pdf([sheet]) if suffix == "pdf" else xlsx.write_xlsx([sheet])
    who = actor().name
    in_transaction(
        lambda: audit.record(
            at=now,
            actor=who,
            verb="document_taken",
            subject_kind="goods_receipt",
            subject=number,
            after={"kind": "rejection_note"},
        )
    )
    mime_type = pdf.CONTENT_TYPE if suffix == "pdf" else xlsx.CONTENT_TYPE
    return attachment(content, f"{said('拒收单')}-{number}.{suffix}", mime_type)
