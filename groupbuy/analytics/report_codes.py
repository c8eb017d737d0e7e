"""The codes that narrow a report: one that nobody has is refused, as an empty report would mislead."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Leader
from groupbuy.warehouse.models import Warehouse


@dataclass(frozen=True, slots=True)
class _Code:
    column: Any
    message: str


_CODES: Mapping[str, _Code] = {
    "supplier": _Code(Supplier.code, "There is no supplier with this code."),
    "leader": _Code(Leader.code, "There is no leader with this code."),
    "product": _Code(Product.code, "There is no product with this code."),
    "route": _Code(Leader.route, "No leader is on a route of this name."),
    "warehouse": _Code(Warehouse.code, "There is no warehouse with this code."),
}


def faults_of(codes: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with codes by their names; an empty one is fine."""
    given = {name: _CODES[name] for name, code in codes.items() if code}
    return {name: one.message for name, one in given.items() if not _is_known(one.column, codes[name])}


def check(codes: Mapping[str, str]) -> None:
    """Raise BadInput ``unknown_code`` for the first code that nobody has."""
    for name, message in faults_of(codes).items():
        raise BadInput("unknown_code", message, param=name)


def check_used(codes: Mapping[str, str], narrows: Collection[str]) -> None:
    """Raise BadInput ``unused_code`` for the first code by which a report cannot be narrowed."""
    for name, code in codes.items():
        if code and name not in narrows:
            raise BadInput("unused_code", "This report cannot be narrowed by such a code.", param=name)


def _is_known(column: Any, code: str) -> bool:
    return db.session.scalar(select(column).where(column == code).limit(1)) is not None
