"""Where residents live, so that bags stand in the order in which a leader hands them out."""

import re
import unicodedata
from dataclasses import dataclass

from groupbuy.kernel.sorting import natural_key

_NUMBER = r"[0-9]{1,3}|[A-Za-z]|[A-Za-z][0-9]{1,2}|[0-9]{1,2}[A-Za-z]"
# A bare 楼 is a floor in "3楼201", so only the words below name a building.
_BUILDING = re.compile(rf"({_NUMBER})\s*(?:号楼|栋|幢|座|号院|号)?")
_ROOM = re.compile(rf"({_NUMBER})\s*(?:号楼|栋|幢|座|[-#/])[-\s]*(.*\d.*)")


@dataclass(frozen=True, slots=True)
class Door:
    """A resident's building and what is behind it; either may be empty."""

    building: str
    room: str

    def __str__(self) -> str:
        """Return what stands on a list: ``3-2-501``."""
        glue = "-" if self.building.isascii() else " "
        return glue.join(part for part in (self.building, self.room) if part)

    @property
    def building_label(self) -> str:
        """Return the building for a heading: ``3号楼``."""
        if not self.building:
            return "未填楼号"
        return f"{self.building}号楼" if _BUILDING.fullmatch(self.building) else self.building

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Return a key that sorts by building, then room, both by their numbers; no building comes last."""
        return (not self.building, natural_key(self.building), natural_key(self.room))


def door(building: str | None, room: str | None) -> Door:
    """Return where somebody lives; without a building it is read from the room: ``3-201`` is in building 3.

    ``3号楼``, ``3栋``, ``03`` and full-width digits all mean building 3. A room that begins with the
    building's own number is not said twice.
    """
    known, text = _building(_plain(building)), _plain(room)
    match = _ROOM.fullmatch(text)
    if match is None or known not in ("", _building(match[1])):
        return Door(known, text)
    return Door(_building(match[1]), match[2])


def _plain(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").split())


def _building(text: str) -> str:
    match = _BUILDING.fullmatch(text)
    return match[1].lstrip("0").upper() or "0" if match else text
