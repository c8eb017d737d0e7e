"""Files handed to a reader, under names in any script."""

from io import BytesIO

from flask import Response, send_file


def attachment(content: bytes, name: str, mime_type: str) -> Response:
    """Return a file to be saved; nobody on its way may keep it.

    A Chinese name goes out encoded (RFC 8187): a header in plain latin letters is all that servers send.
    """
    response = send_file(BytesIO(content), mimetype=mime_type, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response
