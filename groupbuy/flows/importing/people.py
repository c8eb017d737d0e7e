"""Leaders and residents have accounts: one per phone, which may have several roles and profiles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from groupbuy.accounts import bulk as accounts
from groupbuy.flows.importing.sheet import Row, Sheet


def with_accounts(sheet: Sheet, rows: Sequence[Row], *, role: str, now: datetime) -> list[tuple[Any, ...]]:
    """Return the rows ready to be stored, each followed by the id of its phone's account."""
    names: dict[str, str] = {}
    phone, name = sheet.at("phone"), sheet.at("name")
    for _, values in rows:
        names.setdefault(values[phone], values[name])
    ids = accounts.accounts_for(names, role=role, now=now)
    return [(*values, ids[values[phone]]) for _, values in rows]
