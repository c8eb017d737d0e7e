"""Lists whose page, order and filters live in the address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, request


@dataclass(frozen=True, slots=True)
class Pages:
    """One page of a list, as ``tables.pagination`` reads it, on a phone."""

    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        """Tell whether there is an earlier page."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Tell whether there is a later page."""
        return self.page < self.pages

    def iter_pages(self, **_edges: int) -> range:
        """Return the numbers near this page."""
        return range(max(1, self.page - 2), min(self.pages, self.page + 2) + 1)


def install(app: Flask) -> None:
    """Give templates ``here()``, ``sort_state()`` and ``sort_target()``."""
    app.jinja_env.globals.update(here=here, sort_state=sort_state, sort_target=sort_target)


def here(**changes: Any) -> str:
    """Return the address of this page with some of its query changed; None drops a key.

    Built from the path, not by ``url_for``, whose special arguments a query could otherwise set; the
    single leading slash keeps a path such as ``//elsewhere`` on this host.
    """
    query: dict[str, Any] = {key: request.args.getlist(key) for key in request.args}
    query.update(changes)
    kept = {key: value for key, value in query.items() if value not in (None, "", [])}
    path = quote(request.root_path + "/" + request.path.lstrip("/"))
    return f"{path}?{urlencode(kept, doseq=True)}" if kept else path


def sort_state(key: str) -> str:
    """Return ``ascending``, ``descending`` or ``none`` for ``aria-sort``."""
    return {key: "ascending", f"-{key}": "descending"}.get(request.args.get("sort", ""), "none")


def sort_target(key: str) -> str:
    """Return the address that sorts by a column, or the other way when it already does."""
    return here(sort=f"-{key}" if sort_state(key) == "ascending" else key, page=None)
