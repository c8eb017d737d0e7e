"""The sales note of an order as a download, the same for residents and for staff."""

from flask import Response, current_app

from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.service import Attachment
from groupbuy.orders.models import Order
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment

KIND = "sales_note"


def note_file(order: Order, suffix: str) -> Response:
    """Return the sales note of an order that the asker may see; raise RuleBroken ``not_sold``."""
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment(KIND, order.number, None, suffix), utc_now())
    return attachment(file.content, file.name, file.mime_type)
