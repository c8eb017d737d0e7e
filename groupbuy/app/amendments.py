"""What changed on a purchase order after it had left, as a file; its number stands for a round."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.app.names import file_name
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.messaging.senders import File
from groupbuy.purchasing import amending, sheets
from groupbuy.purchasing.queries import get_purchase_order

KIND = "purchase_amendment"


def render_amendment(suffix: str) -> Callable[..., File]:
    """Return how an amendment is rendered in a format, as ``documents.BESIDE`` wants it."""

    def render(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
        changed = amending.get_amendment(code or round_name)
        printed = f"{changed.number} · {now.astimezone(zone):%Y-%m-%d %H:%M}"
        sheet = sheets.amendment(get_purchase_order(changed.purchase_order_id), changed, printed)
        name = f"{file_name(said(sheet.title), changed.number)}.{suffix}"
        if suffix == "pdf":
            return File(name, pdf.CONTENT_TYPE, pdf.write_pdf([sheet]))
        return File(name, xlsx.CONTENT_TYPE, xlsx.write_xlsx([sheet]))

    return render
