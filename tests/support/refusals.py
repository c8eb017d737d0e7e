"""How a deed was refused."""

from collections.abc import Callable

from groupbuy.db import db
from groupbuy.kernel.errors import GroupbuyError


def code_of(deed: Callable[..., object], *arguments: object, **named: object) -> str:
    """Return the code of the error that a deed ended with, ``done`` where there was none."""
    try:
        deed(*arguments, **named)
    except GroupbuyError as error:
        db.session.rollback()
        return error.code
    return "done"
