"""The documents there are: each kind and how it is made from stored rows."""

from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.senders import File
from groupbuy.messaging.service import Attachment


def render_attachment(attachment: Attachment) -> File:
    """Render the document that an attachment names; raise NotFound."""
    raise NotFound("unknown_document", f"There is no document {attachment.kind}.")
