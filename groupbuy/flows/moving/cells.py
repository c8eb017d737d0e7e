"""Cells of an export as people filled them in: names, doors, amounts, remarks."""

import re
import unicodedata

from groupbuy.kernel.money import parse_yuan
from groupbuy.members.rollcall.people import take_door
from groupbuy.members.rollcall.words import plain
from groupbuy.members.service import MAX_NAME

_BUILDING = re.compile(r"\D*?([A-Za-z]?\d{1,3}[A-Za-z]?)")
_ROOM = re.compile(r"(\d{2,4}[A-Za-z]?)\D*")
_LABEL = re.compile(r"(.+?)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*")
_NUMBERED = re.compile(r"\d{1,6}\s*[:：]\s*")
MAX_ROOM = 40


def key(text: str) -> str:
    """Return a text by which equal things are found: narrow, small, without spaces and brackets."""
    return re.sub(r"[\s()\[\]【】·,，。.]", "", unicodedata.normalize("NFKC", text)).casefold()


def fen_of(text: str) -> int | None:
    """Read yuan such as ``59.9``, ``¥1,200.00`` or ``80元``; None where there is no amount."""
    narrow = unicodedata.normalize("NFKC", text).replace(",", "").strip().strip("¥元 ")
    try:
        return parse_yuan(narrow.rstrip("0").rstrip(".") if "." in narrow else narrow)
    except (ValueError, OverflowError):
        return None


def name_of(text: str) -> str:
    """Return a name on one line of at most MAX_NAME characters; what cannot be printed is left out."""
    printable = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return printable[:MAX_NAME].strip()


def room_of(building: str, room: str, address: str) -> str:
    """Return a door as ``56-602``, from its own columns, else from the address; empty when none is known."""
    known = _BUILDING.match(plain(building).rpartition("弄")[2])
    inside = _ROOM.fullmatch(plain(room).strip(" ,"))
    where = inside[1] if inside else " ".join(room.split())
    if known and where:
        return f"{known[1]}-{where}"[:MAX_ROOM]
    return door_in(address) or where[:MAX_ROOM]


def door_in(address: str) -> str:
    """Return the door that an address ends with, such as ``86-701``; empty when there is none."""
    # The number of a lane (500弄) is no building, and it stands before it.
    return take_door(plain(address).rpartition("弄")[2])[0]


def split_label(label: str) -> tuple[str, str]:
    """Return name and specification of ``苹果(5斤装)``."""
    match = _LABEL.fullmatch(label.replace("（", "(").replace("）", ")").strip())
    return (match[1], match[2]) if match else (label.strip(), "")


def remark_of(*texts: str) -> str:
    """Return remarks without the running number in front of them, each once."""
    cleaned = (_NUMBERED.sub("", line).strip() for text in texts for line in text.splitlines())
    return "；".join(dict.fromkeys(text for text in cleaned if text))
