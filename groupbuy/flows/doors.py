"""A resident changes doors; orders placed before keep the one they were placed with."""

from datetime import datetime

from groupbuy.members import addresses
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.orders.doors import keep_doors


def edit_profile(*, resident: Resident, name: str, room: str, now: datetime, actor: str) -> None:
    """Set how a resident is called and where the door is; raise BadInput."""
    addresses.lock(resident)
    keep_doors(resident)
    members.edit_profile(resident=resident, name=name, room=room, now=now, actor=actor)
    if addresses.addresses_of(resident):
        addresses.keep_default(resident, now=now)


def edit_address(*, resident: Resident, address_id: int, room: str, now: datetime, actor: str) -> None:
    """Write one of a resident's doors anew; raise BadInput, NotFound."""
    addresses.lock(resident)
    keep_doors(resident)
    addresses.edit_address(resident=resident, address_id=address_id, room=room, now=now, actor=actor)


def choose_address(*, resident: Resident, address_id: int, now: datetime, actor: str) -> None:
    """Let the bags of later orders go to another of a resident's doors; raise NotFound."""
    addresses.lock(resident)
    keep_doors(resident)
    addresses.choose_address(resident=resident, address_id=address_id, now=now, actor=actor)
