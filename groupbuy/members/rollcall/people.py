"""Finding out for whom a line is: by phone, by door, by name."""

import re
from collections.abc import Sequence

from groupbuy.kernel.phones import normalise_phone
from groupbuy.members.rollcall.values import Doubt, Person, Who
from groupbuy.members.rollcall.words import CHINESE, number_of, plain

_PHONE = re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_BUILDING = rf"(?P<b>\d{{1,3}}|[A-Za-z]|[{CHINESE}]{{1,3}})\s*(?:号楼|栋|幢|座|号院|号|楼|#)"
_UNIT = rf"(?:(?P<u>\d{{1,2}}|[{CHINESE}]{{1,2}})\s*(?:单元|门))?"
_DOORS = (
    re.compile(rf"{_BUILDING}\s*-?\s*{_UNIT}\s*-?\s*(?P<r>\d{{2,4}})(?!\d)\s*(?:室|号|房)?"),
    re.compile(
        r"(?<![\d:.-])(?P<b>\d{1,3}|[A-Za-z])\s?[-/#]\s?(?P<u>\d{1,2})\s?[-/#]\s?(?P<r>\d{2,4})(?![\d:])室?"
    ),
    re.compile(r"(?<![\d:.-])(?P<b>\d{1,3}|[A-Za-z])\s?[-/#]\s?(?P<u>)(?P<r>\d{3,4})(?![\d:])室?"),
    re.compile(r"^\s*(?P<b>)(?P<u>)(?P<r>\d{3,4})(?:室|房|\s)"),
    re.compile(r"(?<!\d)(?P<b>)(?P<u>)(?P<r>\d{3,4})(?:室|房)"),
)
_FIRST_WORD = re.compile(r"[^\s,;:()×*+\d]{1,12}")


class Street:
    """The people who may stand in a roll-call."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = tuple(people)
        self._names = sorted({plain(one.name) for one in people if len(one.name) > 1}, key=len, reverse=True)

    def find(self, text: str) -> Who:
        """Return for whom a line is, and the line without that."""
        phone, text = _take_phone(text)
        door, text = take_door(text)
        at_door = [one for one in self.people if door and _same_door(one.door, door)]
        name, rest = self._take_name(text, at_door)
        if phone and (known := [one for one in self.people if one.phone == phone]):
            return Who(known[0].code, name, door, rest)
        named = [one for one in self.people if name and plain(one.name) == name]
        return _choose(named, at_door, name, door, rest)

    def _take_name(self, text: str, at_door: Sequence[Person]) -> tuple[str, str]:
        names = [plain(one.name) for one in at_door] + self._names
        for name in names:
            if name and name in text:
                return name, text.replace(name, " ", 1)
        return "", text


def first_word(text: str) -> tuple[str, str]:
    """Return the first word of a line, which is the name where nobody is known, and the rest."""
    match = _FIRST_WORD.search(text)
    return (match[0], text.replace(match[0], " ", 1)) if match else ("", text)


def _choose(named: Sequence[Person], at_door: Sequence[Person], name: str, door: str, rest: str) -> Who:
    both = [one for one in named if one in at_door]
    if len(both) == 1:
        return Who(both[0].code, name, door, rest)
    if len(named) == 1:
        moved = (Doubt.ROOM_DIFFERS,) if door and named[0].door else ()
        return Who(named[0].code, name, door, rest, moved)
    if len(at_door) == 1 and not named:
        return Who(at_door[0].code, name, door, rest, (Doubt.NAME_DIFFERS,))
    doubt = Doubt.SEVERAL_PEOPLE if named or at_door else Doubt.UNKNOWN_PERSON
    return Who("", name, door, rest, (doubt,))


def _take_phone(text: str) -> tuple[str, str]:
    match = _PHONE.search(text)
    if match is None:
        return "", text
    return normalise_phone(match[0]) or "", text.replace(match[0], " ", 1)


def take_door(text: str) -> tuple[str, str]:
    """Return a door as ``3-2-501`` and the text without it; empty when there is none."""
    for pattern in _DOORS:
        if match := pattern.search(text):
            parts = [_part(match[name]) for name in ("b", "u", "r") if match[name]]
            return "-".join(parts), f"{text[: match.start()]} {text[match.end() :]}"
    return "", text


def _part(text: str) -> str:
    if text.isascii():
        return text.lstrip("0") or "0" if text.isdigit() else text.upper()
    return str(number_of(text))


def _same_door(known: str, written: str) -> bool:
    """Tell whether two doors are one; who leaves the unit or the building out is believed."""
    ours = take_door(f"{known} ")[0].split("-")
    theirs = written.split("-")
    if len(theirs) == len(ours):
        return ours == theirs
    short, long = sorted((ours, theirs), key=len)
    return short[-1] == long[-1] and (len(short) == 1 or short[0] == long[0])
