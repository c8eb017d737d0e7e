"""What tells a repeated request from a new one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A client's key of one account, with the fingerprint of what was asked under it."""

    account_id: int
    text: str
    fingerprint: str
