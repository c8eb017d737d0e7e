"""The sales note of an order as a file; the order's number stands in the place of a round."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.analytics import sales_note
from groupbuy.app.names import file_name
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.messaging.senders import File
from groupbuy.orders.queries import get_order

KIND = "sales_note"


def render_note(suffix: str) -> Callable[..., File]:
    """Return how the note is rendered in a format, as ``documents.BESIDE`` wants it."""

    def render(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
        sheet = sales_note.sales_note(get_order(round_name), zone=zone, now=now)
        name = f"{file_name(said(sales_note.TITLE), code or round_name)}.{suffix}"
        if suffix == "pdf":
            return File(name, pdf.CONTENT_TYPE, pdf.write_pdf([sheet]))
        return File(name, xlsx.CONTENT_TYPE, xlsx.write_xlsx([sheet]))

    return render
