"""What changed on a purchase order after it had left as a download, the same for staff and suppliers."""

from flask import Response, current_app

from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.service import Attachment
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment

KIND = "purchase_amendment"


def amendment_file(number: str, suffix: str) -> Response:
    """Return an amendment that the asker may see; raise NotFound."""
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment(KIND, number, None, suffix), utc_now())
    return attachment(file.content, file.name, file.mime_type)
