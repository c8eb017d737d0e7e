"""Pictures that people send, on pages and over the API: made small and harmless, and stored."""

import io
import os
import secrets
import warnings
from pathlib import Path

from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from groupbuy.http.storing import store
from groupbuy.kernel.errors import BadInput, RuleBroken

UPLOADS = "uploads"
MAX_BYTES = 10 * 1024 * 1024
# All pictures together; at 40 kB each that is a hundred thousand.
MAX_STORED = 4 * 1024**3
MAX_PIXELS = 50_000_000
WIDTH = 750
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
# The same as a program says it.
TYPES = ("image/jpeg", "image/png", "image/webp")


def store_picture(content: bytes) -> str:
    """Store a picture under a name of our own and return its path; raise BadInput for anything else.

    It is judged by its content, turned as its camera meant it, made 750 pixels wide at most, and
    written anew as WebP: nothing of the file that was sent survives but what can be seen.
    """
    name = f"{secrets.token_hex(16)}.webp"
    folder = picture_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if sum(entry.stat().st_size for entry in os.scandir(folder)) > MAX_STORED:
        raise RuleBroken("storage_full", "The place for pictures is full; ask whoever runs the server.")
    store(folder / name, redrawn(content))
    return f"{UPLOADS}/{name}"


def redrawn(content: bytes, *, width: int = WIDTH) -> bytes:
    """Return a picture drawn anew as WebP, so wide and so high at most; raise BadInput for no picture."""
    if len(content) > MAX_BYTES:
        raise BadInput("too_large", "A picture has at most 10 MB.", param="picture")
    with warnings.catch_warnings():
        # A picture of too many pixels is refused by us below, before it is unpacked.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise BadInput("too_large", "A picture has at most 50 million pixels.", param="picture")
                picture = ImageOps.exif_transpose(opened).convert("RGB")
        except (
            UnidentifiedImageError,
            OSError,
            SyntaxError,
            ValueError,
            Image.DecompressionBombError,
        ) as error:
            raise BadInput(
                "no_picture",
                "This is no picture that can be read; send a JPEG, PNG or WebP.",
                param="picture",
            ) from error
    picture.thumbnail((width, width))
    out = io.BytesIO()
    Image.frombytes("RGB", picture.size, picture.tobytes()).save(out, "WEBP", quality=QUALITY)
    return out.getvalue()


def picture_folder() -> Path:
    """Return where stored pictures are."""
    return Path(current_app.instance_path) / UPLOADS
