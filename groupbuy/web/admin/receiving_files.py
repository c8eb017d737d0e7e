"""A delivery from a workbook: the template with what is due, and the form that a sent one fills in."""

from flask import request
from flask.typing import ResponseReturnValue

from groupbuy.documents import marking, xlsx
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.reading import read_table
from groupbuy.documents.templates import TemplateColumn, write_template
from groupbuy.flows.delivery_file import read_deliveries
from groupbuy.flows.receiving import Delivery
from groupbuy.http.guards import signed_in
from groupbuy.http.quotas import count_upload
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.warehouse import receipts, warehouses
from groupbuy.warehouse.receipts import Came
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.receiving import DeliveryForm, show_delivery
from groupbuy.web.admin.sent_files import in_words
from groupbuy.web.kit.downloads import attachment

COLUMNS = (
    TemplateColumn("product_code", required=True, explanation="商品编码，须在本采购单中", example="P1"),
    TemplateColumn("delivered", required=True, explanation="送到的数量（销售单位），含拒收", example="60"),
    TemplateColumn("rejected", explanation="其中拒收的数量", example="2"),
    TemplateColumn("reason", explanation="拒收原因，有拒收时必填", example="压坏"),
    TemplateColumn("batch", explanation="批次号", example="B20261122"),
    TemplateColumn("best_before", explanation="保质期至，如 2026-12-31", example="2026-12-31"),
    TemplateColumn("warehouse", explanation="入库仓库编码，留空为表单下方所选的仓库", example="MAIN"),
)


@blueprint.get("/receiving/<number>/template.xlsx")
def receiving_template(number: str) -> ResponseReturnValue:
    """Download a workbook with a row for each product that is still to come."""
    order = purchase_order_of_number(number)
    came = receipts.came_so_far(order.id)
    rows = [
        (line.product.code, str(line.purchased - came.get(line.id, Came()).accepted))
        for line in order.lines
        if line.purchased > came.get(line.id, Came()).accepted
    ]
    content = write_template("收货", COLUMNS, (f"采购单 {number}：按实际到货修改数量后上传。",), rows)
    return attachment(content, f"收货-{number}.xlsx", xlsx.CONTENT_TYPE)


@blueprint.post("/receiving/<number>/file")
def receiving_file(number: str) -> ResponseReturnValue:
    """Fill in the form from a workbook; one with faults comes back with each marked. Nothing is booked."""
    order = purchase_order_of_number(number)
    file = request.files.get("file")
    content, name = (file.read(), file.filename or "") if file else (b"", "")
    count_upload(signed_in(), len(content))
    known = {line.product.code for line in order.lines}
    try:
        if not content:
            raise of_file("required", "Choose a file.")
        places = {place.code for place in warehouses.open_places()}
        found = read_deliveries(read_table(content, name), known=known, places=places)
    except UnreadableTable as error:
        return _faults(order, content, name, error)
    return show_delivery(order, _filled(order, found))


def _faults(order: PurchaseOrder, content: bytes, name: str, error: UnreadableTable) -> ResponseReturnValue:
    """Return the file with its faults marked, or where it cannot be read at all the page that says so."""
    faults = in_words(error.faults)
    if any(fault.row > 1 for fault in faults):
        marked = marking.mark_up(content, faults, name)
        return attachment(marked, f"收货-{order.number}-错误.xlsx", xlsx.CONTENT_TYPE)
    form = _filled(order, [])
    form.form_errors.extend(fault.message for fault in faults)
    return show_delivery(order, form), 422


def _filled(order: PurchaseOrder, found: list[Delivery]) -> DeliveryForm:
    named = {one.product_code for one in found}
    rest = [line.product.code for line in order.lines if line.purchased and line.product.code not in named]
    lines = [
        {"code": one.product_code, "delivered": one.delivered, "rejected": one.rejected or None}
        | {"reason": one.reason or "", "batch": one.batch or "", "best_before": one.best_before}
        | {"warehouse": one.warehouse or ""}
        for one in found
    ]
    seen = str(receipts.count_of(order.id))
    return DeliveryForm(
        formdata=None, data={"lines": [*lines, *({"code": code} for code in rest)], "seen": seen}
    )
