"""Text from people on its way into a file: what a file format cannot hold is taken out, nothing else."""

import re
from collections.abc import Sequence

# XML 1.0 knows no control characters but tab, line feed and carriage return, no half surrogate pairs
# and no U+FFFE or U+FFFF.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ODD = re.compile(r"[&<>\r_]|" + _UNPRINTABLE.pattern)
# Excel reads _x0041_ in a text as the character 0x41, unless the first underscore is itself written so.
_EXCEL_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

MAX_CELL = 32_767


def clean(text: str) -> str:
    """Return the text with line ends as ``\\n`` and without characters that no document can hold."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def xml_text(text: str) -> str:
    """Return the text as the inside of an XML element of a spreadsheet, cut at a cell's limit."""
    if len(text) > MAX_CELL // 2:
        text = _cut(text)
    if _ODD.search(text) is None:
        return text
    plain = _EXCEL_ESCAPE.sub("_x005F_", clean(text))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def all_plain(texts: Sequence[str]) -> bool:
    """Tell whether ``xml_text`` returns each of these texts as it is."""
    return _ODD.search("\n".join(texts)) is None and max(map(len, texts), default=0) <= MAX_CELL // 2


def _cut(text: str) -> str:
    # A spreadsheet counts UTF-16 units, of which an emoji takes two.
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL:
        return text
    return units[: 2 * (MAX_CELL - 1)].decode("utf-16-le", "ignore") + "…"


def xml_attribute(text: str) -> str:
    """Return the text as the inside of a double-quoted XML attribute."""
    return xml_text(text).replace('"', "&quot;").replace("\n", " ").replace("\t", " ")
