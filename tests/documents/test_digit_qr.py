"""The fast QR codes are the same pictures as the library's."""

import io

import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from groupbuy.documents.qr import _MASK, png


def pixels(content: bytes) -> tuple[tuple[int, int], bytes]:
    picture = Image.open(io.BytesIO(content)).convert("L")
    return picture.size, picture.tobytes()


def of_library(payload: str) -> bytes:
    out = io.BytesIO()
    segno.make_qr(payload, error="m", mask=_MASK).save(out, kind="png", scale=4, border=2)
    return out.getvalue()


@given(st.integers(0, 99_999_999))
def test_eight_digits_give_the_librarys_picture(number):
    assert pixels(png(f"{number:08d}")) == pixels(of_library(f"{number:08d}"))


@given(st.text(min_size=1, max_size=30))
def test_any_other_text_is_drawn_by_the_library(payload):
    assert pixels(png(payload)) == pixels(of_library(payload))
