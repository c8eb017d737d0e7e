"""Passwords as argon2id hashes; hashing in parallel is bounded because each takes 64 MiB."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from groupbuy.kernel.errors import Unavailable

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
LONGEST_WAIT_S = 8
# Checked when there is no such account, so that a stranger cannot tell by the time it takes.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ib2R5$nCzQXwlUm6rHGLVLHjH2TqIk0d8jUj6g7cF1n0r0r6Y"
)


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a free place; raise Unavailable where a rush of sign-ins has taken all for too long."""
    if not _AT_ONCE.acquire(timeout=LONGEST_WAIT_S):
        raise Unavailable(
            "busy", "Too many people sign in at this moment; try again.", retry_after=LONGEST_WAIT_S
        )
    try:
        yield
    finally:
        _AT_ONCE.release()


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; raise Unavailable in a rush."""
    with _turn():
        return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Tell whether the password fits; takes as long for an account that has none.

    Raise Unavailable in a rush.
    """
    with _turn():
        try:
            return _HASHER.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
