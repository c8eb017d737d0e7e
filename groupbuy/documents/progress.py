"""Telling how far the writing of a long file has come."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
Note = Callable[[int], object]
EVERY = 5_000


def silent(_: int) -> None:
    """Note nothing."""


def counted(rows: Iterable[T], note: Note) -> Iterator[T]:
    """Yield rows as they are; ``note`` hears how many, each time that so many more have gone by."""
    for count, row in enumerate(rows, 1):
        yield row
        if count % EVERY == 0:
            note(count)
