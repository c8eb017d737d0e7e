"""Where somebody looks for a leader from, as the address says."""

from flask import request

from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.rules import check_place, parse_degrees


def asked_place() -> tuple[int, int] | None:
    """Return the place in millionths of a degree; None where none is given or it is none on Earth."""
    try:
        return check_place(*(parse_degrees(request.args.get(name, "")) for name in ("lat", "lng")))
    except (ValueError, BadInput):
        return None
