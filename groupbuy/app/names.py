"""Names of files that people can read and every system takes, Windows and zips too."""

import unicodedata
from collections.abc import Iterable, Mapping

# Characters that Windows refuses, and the one that escapes them. A dot would make "CON.x" a device.
_REFUSED = '<>:"/\\|?*%.'
MAX_CODE_BYTES = 90
MAX_NAME_BYTES = 60


def file_name(title: str, code: str, name: str = "") -> str:
    """Return a name without suffix such as ``提货单 L001 王秀兰``, at most about 180 bytes long.

    Different codes give different names: what a file system refuses is escaped. From a person's name
    it is left out.
    """
    plain = _cut("".join(char for char in _printable(name) if char not in _REFUSED), MAX_NAME_BYTES)
    escaped = "".join(_escaped(char) if _is_odd(char) else char for char in code)
    return " ".join(part for part in (title, _cut(escaped, MAX_CODE_BYTES), plain.strip()) if part)


def distinct(names: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return names by key, numbered where they differ in nothing that a file system sees."""
    taken: set[str] = set()
    chosen: dict[str, str] = {}
    for key, name in names:
        free, number = name, 1
        while _seen(free) in taken:
            number += 1
            free = f"{name} ({number})"
        taken.add(_seen(free))
        chosen[key] = free
    return chosen


def _seen(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _printable(text: str) -> str:
    # Categories C and Z hold control characters, marks that turn the writing round, and odd spaces.
    return "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _is_odd(char: str) -> bool:
    return char in _REFUSED or unicodedata.category(char)[0] in "CZ"


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore")
