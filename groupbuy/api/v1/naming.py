"""Faults named as the fields that a program has sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from groupbuy.kernel.errors import GroupbuyError


@contextmanager
def named(here: str, *there: str) -> Iterator[None]:
    """Call by the name of a body's field what the use cases know by other names."""
    try:
        yield
    except GroupbuyError as error:
        if error.param in there:
            error.param = here
        raise


@contextmanager
def within(field: str, *parts: str) -> Iterator[None]:
    """Call parts of a body's field, which use cases know by themselves, by their place in it."""
    try:
        yield
    except GroupbuyError as error:
        if error.param in parts:
            error.param = f"{field}.{error.param}"
        raise
