"""Pictures of products: taken in, made small and harmless, stored, and handed out."""

import io
import os
import secrets
import warnings
from pathlib import Path

from flask import Flask, Response, current_app, send_from_directory
from PIL import Image, ImageOps, UnidentifiedImageError

from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.web.kit.pictures import UPLOADS, picture_address
from groupbuy.web.kit.uploads import store

MAX_BYTES = 10 * 1024 * 1024
# All pictures together; at 40 kB each that is a hundred thousand.
MAX_STORED = 4 * 1024**3
MAX_PIXELS = 50_000_000
WIDTH = 750
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
_YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Serve uploaded pictures to everybody and give templates ``picture(path)``."""
    app.add_url_rule(f"/{UPLOADS}/<name>", "uploaded_picture", uploaded_picture)
    app.jinja_env.globals["picture"] = picture_address


def uploaded_picture(name: str) -> Response:
    """Send an uploaded picture; its type is fixed, whatever somebody has sent once."""
    response = send_from_directory(_folder(), name, mimetype="image/webp")
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response


def store_picture(content: bytes) -> str:
    """Store a picture under a name of our own and return its path; raise BadInput for anything else.

    It is judged by its content, turned as its camera meant it, made 750 pixels wide at most, and
    written anew as WebP: nothing of the file that was sent survives but what can be seen.
    """
    name = f"{secrets.token_hex(16)}.webp"
    folder = _folder()
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


def _folder() -> Path:
    return Path(current_app.instance_path) / UPLOADS
