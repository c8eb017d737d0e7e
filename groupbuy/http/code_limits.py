"""Limits against guessing pickup codes, the same on pages and over the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from groupbuy.accounts import guessing
from groupbuy.accounts.guessing import Limit
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken

FREE_WRONG_CODES = 10
GUESSED = ("bad_code", "unknown_code", "wrong_pickup_point", "unknown_person")


def limit_of(account_id: int) -> Limit:
    """Return the count of an account's wrong codes."""
    return Limit("pickup_code", str(account_id), FREE_WRONG_CODES)


@contextmanager
def trying_a_code(account_id: int, *, now: datetime) -> Iterator[None]:
    """Let an account try a pickup code; a wrong one is counted although its refusal rolls all else back.

    Raise TooMany while the account has to wait, and what the block raises.
    """
    mine = limit_of(account_id)
    guessing.check(mine, now=now)
    try:
        yield
    except (BadInput, NotFound, RuleBroken) as error:
        if error.code in GUESSED:
            in_transaction(lambda: guessing.count_try(mine, now=now))
        raise
