"""The database refuses to change or remove what is only ever added to."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, column, select, table

from groupbuy.analytics.invariants_base import Check, Reckoned
from groupbuy.db import db

# Migration 0420 has a trigger for each deed with a row that a table refuses; on PostgreSQL one more refuses
# to empty the table. Both raise IntegrityError.
REFUSED: Mapping[str, Sequence[str]] = {
    "audit_entry": ("changed", "removed", "sealed_again"),
    "audit_seal": ("changed", "removed"),
    "posting": ("changed", "removed", "sealed_again"),
    "posting_seal": ("changed", "removed"),
}


def _triggers() -> tuple[set[str], Select[str]]:
    """Return the triggers that this database should have, and those that are on."""
    wanted = {f"{name}_{deed}" for name, deeds in REFUSED.items() for deed in deeds}
    if db.session.get_bind().dialect.name == "sqlite":
        master = table("sqlite_master", column("name"), column("type"))
        return wanted, select(master.c.name).where(master.c.type == "trigger")
    triggers = table("pg_trigger", column("tgname"), column("tgenabled"))
    on = select(triggers.c.tgname).where(triggers.c.tgenabled.in_(("O", "A")))
    return wanted | {f"{name}_emptied" for name in REFUSED}, on


def _find_missing() -> tuple[int, Sequence[str]]:
    wanted, on = _triggers()
    missing = wanted - set(db.session.scalars(on))
    return len(wanted), [f"trigger {name} is gone or switched off" for name in sorted(missing)]


CHECKS: tuple[Check, ...] = (
    Reckoned("append_only", "I10: the database refuses to rewrite the books and the log", _find_missing),
)
