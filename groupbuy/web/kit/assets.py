"""Static files with their version in the address, and texts sent compressed."""

import gzip
import hashlib
import secrets
from functools import cache
from io import BytesIO
from pathlib import Path

from flask import Flask, Response, request, url_for

from groupbuy import paths

_TEXTS = ("text/", "application/javascript", "application/json", "image/svg+xml")
_SMALLEST = 1400  # One network packet; below it compression saves nothing.
_YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Give templates ``asset()`` and ``food_picture()``; compress and cache what may be."""
    app.jinja_env.globals.update(asset=asset, food_picture=food_picture)
    app.after_request(_cache_versioned)
    app.after_request(_let_worker_serve_all)
    app.after_request(_compress)


def asset(name: str) -> str:
    """Return the address of a static file; it changes with the content, so it may be kept for a year."""
    path = paths.static_dir() / name
    return url_for("static", filename=name, v=_version(path, path.stat().st_mtime_ns))


def food_picture(name: str) -> str:
    """Return the address of a demonstration picture such as ``apple``."""
    return asset(f"vendor/food/{name}.webp")


@cache
def _version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _cache_versioned(response: Response) -> Response:
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response


def _let_worker_serve_all(response: Response) -> Response:
    """Let the service worker, which is a static file, answer for the pages of the whole site."""
    if request.endpoint == "static" and request.path.endswith("/js/worker.js"):
        response.headers["Service-Worker-Allowed"] = "/"
    return response


def _compress(response: Response) -> Response:
    if not _is_worth_compressing(response):
        return response
    if request.endpoint == "static":
        response.direct_passthrough = False
        packed = _packed_file(response.get_data())
    else:
        packed = _packed_page(response.get_data())
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response


def _is_worth_compressing(response: Response) -> bool:
    return (
        response.status_code in (200, 400, 403, 404, 409, 422)
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith(_TEXTS)
        and (response.content_length or 0) >= _SMALLEST
        and request.accept_encodings.quality("gzip") > 0
        and (request.endpoint == "static" or not response.is_streamed)
    )


@cache
def _packed_file(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _packed_page(content: bytes) -> bytes:
    """Compress a page with a file name of random length in the header.

    A page may hold both a secret (the form token) and text from the address; the random length hides
    how well they compress together (the BREACH attack).
    """
    buffer = BytesIO()
    padding = secrets.token_hex(secrets.randbelow(50))
    with gzip.GzipFile(filename=padding, mode="wb", fileobj=buffer, compresslevel=6, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()
