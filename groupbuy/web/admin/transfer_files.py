"""A transfer from a workbook: the sheet with what lies in a warehouse, and the form that it fills in."""

from flask import request
from flask.typing import ResponseReturnValue

from groupbuy.documents import marking, xlsx
from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing.transfer_file import Lots, read_transfer, write_transfer
from groupbuy.http.guards import signed_in
from groupbuy.http.quotas import count_upload
from groupbuy.warehouse import counting
from groupbuy.warehouse.models import Warehouse
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.sent_files import in_words
from groupbuy.web.admin.transfers import MOST_BATCHES, asked_origin, filled, show_new
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone


@blueprint.get("/stock/transfers/template.xlsx")
def stock_transfers_template() -> ResponseReturnValue:
    """Download a workbook with a row for each batch that lies in a warehouse."""
    origin = asked_origin()
    content = write_transfer(origin.name, counting.to_count(origin.id))
    return attachment(content, f"调拨-{origin.code}.xlsx", xlsx.CONTENT_TYPE)


@blueprint.post("/stock/transfers/file")
def stock_transfers_file() -> ResponseReturnValue:
    """Fill in the form from a workbook; one with faults comes back with each marked. Nothing is sent."""
    origin = asked_origin()
    file = request.files.get("file")
    content, name = (file.read(), file.filename or "") if file else (b"", "")
    count_upload(signed_in(), len(content))
    try:
        lots = _read(content, name, origin)
    except UnreadableTable as error:
        return _faults(origin, content, name, in_words(error.faults))
    return show_new(origin, filled(origin, lots), [batch for batch, _units in lots])


def _read(content: bytes, name: str, origin: Warehouse) -> Lots:
    """Return what a file wants to send; raise UnreadableTable with its faults."""
    if not content:
        raise of_file("required", "Choose a file.")
    found = read_transfer(read_table(content, name), origin_id=origin.id, zone=zone())
    if found.faults:
        raise UnreadableTable(found.faults)
    if len(found.lots) > MOST_BATCHES:
        raise of_file("out_of_range", f"Send at most {MOST_BATCHES} batches at once.")
    return found.lots


def _faults(origin: Warehouse, content: bytes, name: str, faults: list[Fault]) -> ResponseReturnValue:
    """Return the file with its faults marked, or where it cannot be read at all the page that says so."""
    if any(fault.row > 1 for fault in faults):
        marked = marking.mark_up(content, faults, name)
        return attachment(marked, f"调拨-{origin.code}-错误.xlsx", xlsx.CONTENT_TYPE)
    form = filled(origin, ())
    form.form_errors.extend(fault.message for fault in faults)
    return show_new(origin, form, ())
