"""Passwords as argon2id hashes; hashing in parallel is bounded because each takes 64 MiB."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
# Checked when there is no such account, so that a stranger cannot tell by the time it takes.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ib2R5$nCzQXwlUm6rHGLVLHjH2TqIk0d8jUj6g7cF1n0r0r6Y"
)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Tell whether the password fits; takes as long for an account that has none."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
