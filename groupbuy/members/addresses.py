"""The doors of a resident: several may be kept, one is the default, which bags go to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.members.models import Resident, ResidentAddress
from groupbuy.members.service import check_room

MOST = 10


def lock(resident: Resident) -> None:
    """Let nobody else change the doors of a resident before this transaction ends."""
    db.session.execute(select(Resident.id).where(Resident.id == resident.id).with_for_update())
    db.session.refresh(resident, ["building", "room"])


def addresses_of(resident: Resident) -> Sequence[ResidentAddress]:
    """Return the doors that a resident keeps, the default first; none are kept before the second one."""
    return db.session.scalars(
        select(ResidentAddress)
        .where(ResidentAddress.resident_id == resident.id)
        .order_by(ResidentAddress.is_default.desc(), ResidentAddress.id)
    ).all()


def get_address(resident: Resident, address_id: int) -> ResidentAddress:
    """Return a door of this resident; raise NotFound, also for another's."""
    row = db.session.get(ResidentAddress, address_id)
    if row is None or row.resident_id != resident.id:
        raise NotFound("unknown_address", "There is no such address.")
    return row


def add_address(*, resident: Resident, room: str, now: datetime, actor: str) -> ResidentAddress:
    """Keep another door beside the default; raise BadInput, RuleBroken ``too_many`` or ``already_exists``."""
    lock(resident)
    room = check_room(room)
    keep_default(resident, now=now)
    _check_new(resident, room)
    row = ResidentAddress(resident_id=resident.id, room=room, is_default=False, created_at=now)
    db.session.add(row)
    db.session.flush()
    _log(resident, "address_added", now, actor)
    return row


def edit_address(*, resident: Resident, address_id: int, room: str, now: datetime, actor: str) -> None:
    """Write a door anew; the default is the resident's own from now on. Raise BadInput, NotFound."""
    lock(resident)
    row, room = get_address(resident, address_id), check_room(room)
    if row.room == room:
        return
    _check_new(resident, room)
    row.room = room
    if row.is_default:
        _live_at(resident, room)
    db.session.flush()
    _log(resident, "address_changed", now, actor)


def remove_address(*, resident: Resident, address_id: int, now: datetime, actor: str) -> None:
    """Forget a door; raise NotFound, RuleBroken ``default_address``."""
    lock(resident)
    row = get_address(resident, address_id)
    if row.is_default:
        raise RuleBroken("default_address", "Bags go to this address; choose another one as default first.")
    db.session.delete(row)
    db.session.flush()
    _log(resident, "address_removed", now, actor)


def choose_address(*, resident: Resident, address_id: int, now: datetime, actor: str) -> None:
    """Let the bags of later orders go to a door; raise NotFound."""
    lock(resident)
    chosen = get_address(resident, address_id)
    for row in addresses_of(resident):
        row.is_default = False
    db.session.flush()
    chosen.is_default = True
    _live_at(resident, chosen.room)
    db.session.flush()
    _log(resident, "address_chosen", now, actor)


def keep_default(resident: Resident, *, now: datetime) -> None:
    """Keep the resident's present door as the default, also after it was changed elsewhere."""
    rows = addresses_of(resident)
    default = next((row for row in rows if row.is_default), None)
    present = "-".join(part for part in (resident.building, resident.room) if part)
    if default is not None:
        default.room = present or default.room
    elif present:
        db.session.add(
            ResidentAddress(resident_id=resident.id, room=present, is_default=True, created_at=now)
        )
    db.session.flush()


def forget_addresses(resident: Resident) -> None:
    """Delete all doors of a resident who leaves."""
    for row in addresses_of(resident):
        db.session.delete(row)
    db.session.flush()


def _check_new(resident: Resident, room: str) -> None:
    rows = addresses_of(resident)
    if any(row.room == room for row in rows):
        raise RuleBroken("already_exists", "This address is kept already.", param="room")
    if len(rows) >= MOST:
        raise RuleBroken("too_many", f"At most {MOST} addresses are kept; remove one first.", param="room")


def _live_at(resident: Resident, room: str) -> None:
    # The room says it all ("3-2-501"); a building from an import would contradict it.
    resident.room, resident.building = room, None


def _log(resident: Resident, verb: str, now: datetime, actor: str) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="resident", subject=resident.code)
