"""What every kind of import consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from groupbuy.db.bulk import Upserted
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were new, changed what was stored, or were there already."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    ``load`` checks a sheet and, only if it is without fault, stores it.
    """

    name: str
    columns: tuple[Column, ...]
    load: Callable[[Sheet, datetime], Counts]


def counts_of(upserted: Upserted) -> Counts:
    """Return how many rows an upsert made, changed and left alone."""
    created, updated = len(upserted.created), len(upserted.updated)
    return Counts(created, updated, len(upserted.ids) - created - updated)
