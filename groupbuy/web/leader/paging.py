"""The number of the page that an address asks for."""

from flask import request

MOST_PAGES = 10_000


def page_number() -> int:
    """Return the page in the address; 1 for anything that is no page."""
    text = request.args.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return min(max(number, 1), MOST_PAGES)
