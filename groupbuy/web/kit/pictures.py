"""Where a product's picture is: among our static files, or uploaded by an operator."""

from flask import url_for

from groupbuy import paths
from groupbuy.http.pictures import UPLOADS
from groupbuy.web.kit.assets import asset


def picture_address(path: str | None) -> str:
    """Return the address of a product's picture, empty where it has none."""
    if not path:
        return ""
    if path.startswith(f"{UPLOADS}/"):
        return url_for("uploaded_picture", name=path.removeprefix(f"{UPLOADS}/"))
    return asset(path) if (paths.static_dir() / path).is_file() else ""
