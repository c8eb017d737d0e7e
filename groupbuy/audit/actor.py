"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account, and how the audit log names it."""

    name: str
    account_id: int | None = None
