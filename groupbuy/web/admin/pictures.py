"""Stored pictures, handed out."""

from flask import Flask, Response, send_from_directory

from groupbuy.http.pictures import UPLOADS, picture_folder
from groupbuy.web.kit.pictures import picture_address

_YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Serve uploaded pictures to everybody and give templates ``picture(path)``."""
    app.add_url_rule(f"/{UPLOADS}/<name>", "uploaded_picture", uploaded_picture)
    app.jinja_env.globals["picture"] = picture_address


def uploaded_picture(name: str) -> Response:
    """Send an uploaded picture; its type is fixed, whatever somebody has sent once."""
    response = send_from_directory(picture_folder(), name, mimetype="image/webp")
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    return response
