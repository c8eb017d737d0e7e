"""Statements compiled once per process, not once per test: that takes a third of a run's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

# More than all tests together have.
STATEMENTS = 20_000

# By name of the database: the dialect that met a server first, and what is compiled for it.
_known: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}


@contextmanager
def compiled_once(engine: Engine) -> Iterator[None]:
    """Let an engine use what engines of former tests compiled; all of a kind talk to the same server.

    SQLAlchemy keeps compiled statements by dialect and engine, and has no public way to hand them on.
    """
    name = engine.dialect.name
    if name in _known:
        engine.dialect, engine._compiled_cache = _known[name]
    yield
    # A dialect that never met a server does not know its version.
    if name not in _known and engine.dialect.server_version_info is not None:
        _known[name] = engine.dialect, LRUCache(STATEMENTS)
