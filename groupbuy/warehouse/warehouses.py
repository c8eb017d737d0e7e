"""The warehouses (中心仓, 网格仓): which there are, and which take goods in."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.warehouse.models import Warehouse
from groupbuy.warehouse.rules import MAIN

CENTRAL, GRID, TRANSIT = "central", "grid", "transit"
MAX_CODE, MAX_TEXT = 30, 100
FIELDS = ("name", "kind", "address", "active")


def all_places() -> Sequence[Warehouse]:
    """Return the warehouses in which goods lie, the main one first."""
    return db.session.scalars(select(Warehouse).where(Warehouse.kind != TRANSIT).order_by(Warehouse.id)).all()


def open_places() -> Sequence[Warehouse]:
    """Return the warehouses that take goods in, the main one first."""
    return [place for place in all_places() if place.active]


def find(code: str | None) -> Warehouse | None:
    """Return a warehouse by its code."""
    return db.session.scalar(select(Warehouse).where(Warehouse.code == code)) if code else None


def get(code: str) -> Warehouse:
    """Return a warehouse in which goods lie; raise NotFound."""
    found = find(code)
    if found is None or found.kind == TRANSIT:
        raise NotFound("unknown_warehouse", f"There is no warehouse {code}.")
    return found


def get_open(code: str | None) -> Warehouse:
    """Return a warehouse that takes goods in, the main one without a code.

    Raise NotFound, RuleBroken ``warehouse_closed``.
    """
    place = get(code) if code else db.session.get_one(Warehouse, MAIN)
    if not place.active:
        raise RuleBroken("warehouse_closed", f"Warehouse {place.code} takes no goods in any more.")
    return place


def save(
    *,
    code: str,
    name: str,
    kind: str,
    address: str | None,
    active: bool,
    now: datetime,
    actor: str,
    new: bool,
) -> Warehouse:
    """Make a warehouse or change it; the same again changes nothing.

    Raise NotFound, BadInput, RuleBroken ``already_exists``, or ``main_warehouse`` for closing the main
    one.
    """
    values, place = _checked(name, kind, address, active), _place(code.strip(), new)
    if place.id == MAIN and not active:
        raise RuleBroken("main_warehouse", "The main warehouse always takes goods in.", param="active")
    before = {} if new else {field: getattr(place, field) for field in FIELDS}
    if before == values:
        return place
    _store(place, values)
    changed = {"before": before, "after": values}
    audit.record(
        at=now, actor=actor, verb="warehouse_saved", subject_kind="warehouse", subject=place.code, **changed
    )
    return place


def _store(place: Warehouse, values: Mapping[str, object]) -> None:
    for field, value in values.items():
        setattr(place, field, value)
    db.session.add(place)
    db.session.flush()


def _place(code: str, new: bool) -> Warehouse:
    if not 1 <= len(code) <= MAX_CODE:
        raise BadInput("required", f"Between 1 and {MAX_CODE} characters.", param="code")
    if not new:
        return get(code)
    if find(code):
        raise RuleBroken("already_exists", f"There is a warehouse {code} already.", param="code")
    return Warehouse(code=code)


def _checked(name: str, kind: str, address: str | None, active: bool) -> dict[str, object]:
    texts = {"name": name.strip(), "address": (address or "").strip() or None}
    if not texts["name"]:
        raise BadInput("required", "Give it a name.", param="name")
    for field, text in texts.items():
        if text and len(text) > MAX_TEXT:
            raise BadInput("too_long", f"At most {MAX_TEXT} characters.", param=field)
    if kind not in (CENTRAL, GRID):
        raise BadInput("unknown_value", "Choose central or grid.", param="kind")
    return texts | {"kind": kind, "active": active}
