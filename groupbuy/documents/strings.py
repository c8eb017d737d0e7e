"""The shared strings of a workbook: each text once, so that files stay small and every viewer shows them."""

import functools

from groupbuy.documents.sheet import Goods
from groupbuy.documents.styles import FONT
from groupbuy.documents.text import all_plain, xml_text

_BOLD = f'<rPr><b/><sz val="10"/><rFont val="{FONT}"/><family val="2"/></rPr>'


class SharedStrings:
    """Numbers texts as they come and writes the shared strings part of a workbook."""

    def __init__(self) -> None:
        self._numbers: dict[str | tuple[Goods, ...], int] = {}

    def number(self, text: str | tuple[Goods, ...]) -> int:
        """Return the number of a text, or of goods with their units in bold."""
        return self._numbers.setdefault(text, len(self._numbers))

    def xml(self) -> str:
        """Return ``xl/sharedStrings.xml``."""
        # Nearly always no text has anything to escape, which one look at all of them tells.
        plain = [text for text in self._numbers if isinstance(text, str)]
        escaped = str if all_plain(plain) else xml_text
        parts = [
            f'<si><t xml:space="preserve">{escaped(text)}</t></si>' if isinstance(text, str) else _goods(text)
            for text in self._numbers
        ]
        return (
            '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'uniqueCount="{len(parts)}">{"".join(parts)}</sst>'
        )


def _goods(goods: tuple[Goods, ...]) -> str:
    last = len(goods) - 1
    runs = [_run(name, units, "" if place == last else "\n") for place, (name, units) in enumerate(goods)]
    return f"<si>{''.join(runs)}</si>"


def _run(name: str, units: int, end: str) -> str:
    return f"{_named(name)}{units}{end}</t></r>"


@functools.lru_cache(maxsize=20_000)
def _named(name: str) -> str:
    return f'<r><t xml:space="preserve">{xml_text(name)} </t></r><r>{_BOLD}<t xml:space="preserve">×'
