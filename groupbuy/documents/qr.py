"""QR codes as a matrix, a picture or a drawing."""

import io

import segno

from groupbuy.documents.digit_qr import DIGITS, SCALE, digit_png

# Trying all eight masks takes five times as long as writing the code; any mask is readable.
_MASK = 3


def code_of(payload: str) -> segno.QRCode:
    """Return the QR code of a text, with 15 % of it recoverable."""
    return segno.make_qr(payload, error="m", mask=_MASK)


def png(payload: str, scale: int = SCALE) -> bytes:
    """Return a QR code as a black and white PNG with a quiet zone of two modules."""
    if len(payload) == DIGITS and payload.isascii() and payload.isdigit() and scale == SCALE:
        return digit_png(payload, _MASK)
    out = io.BytesIO()
    code_of(payload).save(out, kind="png", scale=scale, border=2)
    return out.getvalue()


def svg(payload: str) -> str:
    """Return a QR code as an SVG document with a quiet zone of two modules."""
    return code_of(payload).svg_inline(border=2, omitsize=True)
