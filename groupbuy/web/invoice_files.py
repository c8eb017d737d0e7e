"""The file of an invoice, blue or red, as a download, the same for residents and for staff."""

from flask import Response

from groupbuy.invoicing import queries
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.invoicing.rules import SUFFIXES
from groupbuy.web.kit.downloads import attachment


def invoice_download(request: InvoiceRequest) -> Response:
    """Return an issued invoice; raise NotFound where there is none."""
    file = queries.file_of(request.id)
    name = f"发票-{request.invoice_number}.{SUFFIXES[file.mime_type]}"
    return attachment(file.content, name, file.mime_type)


def red_invoice_download(request: InvoiceRequest) -> Response:
    """Return a red-letter invoice; raise NotFound where there is none."""
    file = queries.red_file_of(request.id)
    name = f"红字发票-{request.red_number}.{SUFFIXES[file.mime_type]}"
    return attachment(file.content, name, file.mime_type)
