"""A picture to post in a group chat: what is on offer, until when, and a QR code to the page."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont

from groupbuy.documents.qr import png
from groupbuy.kernel.money import format_yuan

WIDTH = 750
MARGIN = 36
MOST_GOODS = 6
GREEN, RED, INK, SOFT, WHITE = "#0d7a4a", "#d4290d", "#1d2129", "#565f6b", "#ffffff"
ROW = 136
HEAD, FOOT = 190, 250


@dataclass(frozen=True, slots=True)
class PosterGoods:
    """Goods on a poster: price in fen; ``picture`` is a file of ours, None where there is none."""

    name: str
    price_fen: int
    list_price_fen: int | None
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Poster:
    """What a poster says; all texts are ready for people, ``address`` goes into the QR code."""

    title: str
    lines: Sequence[str]
    goods: Sequence[PosterGoods]
    address: str
    call: str


def draw_poster(poster: Poster) -> bytes:
    """Return the poster as a PNG of 750 pixels width."""
    goods = poster.goods[:MOST_GOODS]
    image = Image.new("RGB", (WIDTH, HEAD + len(goods) * ROW + FOOT), "#f5f6f8")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, HEAD - 20), fill=GREEN)
    pen.text((MARGIN, 36), _fit(poster.title, 46, WIDTH - 2 * MARGIN), font=_font(46), fill=WHITE)
    for number, line in enumerate(poster.lines[:2]):
        text = _fit(line, 26, WIDTH - 2 * MARGIN)
        pen.text((MARGIN, 98 + 34 * number), text, font=_font(26), fill=WHITE)
    for number, one in enumerate(goods):
        _draw_goods(image, pen, one, HEAD + number * ROW)
    _draw_foot(image, pen, poster, HEAD + len(goods) * ROW)
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_goods(image: Image.Image, pen: ImageDraw.ImageDraw, goods: PosterGoods, top: int) -> None:
    pen.rounded_rectangle((MARGIN, top, WIDTH - MARGIN, top + ROW - 14), 18, fill=WHITE)
    if goods.picture is not None:
        with Image.open(goods.picture) as file:
            picture = file.convert("RGBA")
        picture.thumbnail((96, 96))
        image.paste(picture, (MARGIN + 16, top + 13), picture)
    left = MARGIN + 132
    pen.text((left, top + 18), _fit(goods.name, 30, WIDTH - MARGIN - left - 20), font=_font(30), fill=INK)
    price = format_yuan(goods.price_fen)
    pen.text((left, top + 64), price, font=_font(36), fill=RED)
    if goods.list_price_fen and goods.list_price_fen > goods.price_fen:
        _draw_struck(
            pen, format_yuan(goods.list_price_fen), (left + _font(36).getlength(price) + 16, top + 76)
        )


def _draw_struck(pen: ImageDraw.ImageDraw, text: str, place: tuple[float, float]) -> None:
    left, top = place
    pen.text(place, text, font=_font(24), fill=SOFT)
    pen.line((left, top + 18, left + _font(24).getlength(text), top + 18), fill=SOFT, width=2)


def _draw_foot(image: Image.Image, pen: ImageDraw.ImageDraw, poster: Poster, top: int) -> None:
    with Image.open(io.BytesIO(png(poster.address))) as file:
        # Whole pixels for each module, so that none is wider than another.
        side = 200 // (file.width // 4) * (file.width // 4)
        code = file.convert("RGB").resize((side, side), Image.Resampling.NEAREST)
    image.paste(code, (WIDTH - MARGIN - 200, top + 20))
    room = WIDTH - 2 * MARGIN - 224
    pen.text((MARGIN, top + 60), _fit(poster.call, 34, room), font=_font(34), fill=GREEN)
    for number, line in enumerate(poster.lines[2:4]):
        pen.text((MARGIN, top + 118 + 36 * number), _fit(line, 24, room), font=_font(24), fill=SOFT)


def _fit(text: str, size: int, room: float) -> str:
    """Return the text on one line, cut with … where it is too long."""
    plain, font = " ".join(text.split()), _font(size)
    if font.getlength(plain) <= room:
        return plain
    while plain and font.getlength(plain + "…") > room:
        plain = plain[:-1]
    return plain + "…"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)
