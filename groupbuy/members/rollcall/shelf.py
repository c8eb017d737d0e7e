"""Finding goods in what people write: whole names, parts of them, numbers of the list, slips of the pen."""

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from groupbuy.members.rollcall.values import Doubt, Goods, Product
from groupbuy.members.rollcall.words import CHINESE, UNITS, number_of, plain

SHORTEST_PART = 2
ALIKE = 0.6
MAX_UNITS = 9999
# Each way of naming goods is replaced by one character of the private area before quantities are read.
_FIRST = 0xF0000
_MARK = "[\U000f0000-\U000ffffd]"
_QUANTITY = rf"(?P<n>\d{{1,4}}(?![\d.])|[{CHINESE}]{{1,3}}(?=\s*(?:{UNITS})))\s*(?P<unit>{UNITS})?"
_BEHIND = re.compile(rf"(?P<mark>{_MARK})[\s)]*[×x*✕✖:+=-]?\s*{_QUANTITY}", re.IGNORECASE)
_BEFORE = re.compile(rf"{_QUANTITY}\s*[×x*的]?\s*(?P<mark>{_MARK})", re.IGNORECASE)
_UNCLEAR = re.compile(rf"{_MARK}\s*[×x*:+-]?\s*(?:半|\d+\.\d+)|(?:半|\d+\.\d+)\s*(?:{UNITS})?\s*{_MARK}")
_LIKE_GOODS = re.compile(rf"([\u4e00-\u9fff]{{2,10}})\s*[×x*✕✖:+]?\s*{_QUANTITY}", re.IGNORECASE)
_DROPPED = re.compile(rf"(?:取消|不要|退)\s*({_MARK})\s*[×x*]?\s*\d*\s*(?:{UNITS})?(?!\s*了)")
_BY_NUMBER = re.compile(rf"(?<!\d)(\d{{1,2}})号(?:商品|品)?(?=\s*[×x*:+-]?\s*[\d{CHINESE}])")


class Shelf:
    """The goods of a round and every way of naming them."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = tuple(products)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return by code what an item is called here: its name, with its spec where names are equal."""
        names = [_key(one.name) for one in self.products]
        return {
            one.code: plain(
                one.name if names.count(_key(one.name)) == 1 else f"{one.name} {one.spec}"
            ).strip()
            for one in self.products
        }

    @cached_property
    def aliases(self) -> dict[str, frozenset[str]]:
        """Return the codes that each way of naming goods may mean; whole names come before parts."""
        whole: dict[str, set[str]] = {}
        parts: dict[str, set[str]] = {}
        for one in self.products:
            for alias in _wholes(one):
                whole.setdefault(_key(alias), set()).add(one.code)
            for part in _parts(_key(one.name)):
                parts.setdefault(part, set()).add(one.code)
        merged = {alias: frozenset(codes) for alias, codes in parts.items()}
        return merged | {alias: frozenset(codes) for alias, codes in whole.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest = sorted(self.aliases, key=lambda alias: (-len(alias), alias))
        # Spaces inside a name do not matter; nor does a bracket around the spec.
        ways = [r"[\s()]*".join(map(re.escape, alias)) for alias in longest if alias]
        return re.compile("|".join(ways), re.IGNORECASE) if ways else None

    @cached_property
    def _numbered(self) -> list[str]:
        return list(self.aliases)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {alias: place for place, alias in enumerate(self._numbered)}

    def write(self, items: Iterable[tuple[str, int]]) -> str:
        """Return items as text that ``read`` reads back: ``红富士苹果×2 纯牛奶×1``."""
        return " ".join(f"{self.labels[code]}×{quantity}" for code, quantity in items)

    def read(self, text: str) -> Goods:
        """Return what a piece of text wants of these goods."""
        marked = self._mark(plain(text))
        doubts: list[Doubt] = []
        if _UNCLEAR.search(marked):
            doubts.append(Doubt.UNCLEAR_QUANTITY)
        marked, dropped = _DROPPED.subn(" ", marked)
        if dropped:
            doubts.append(Doubt.PARTLY_CANCELLED)
        wanted, marked = _quantities(marked)
        wanted, marked, unknown = self._guess(wanted, marked, doubts)
        items = self._add_up(wanted, doubts)
        return Goods(items, _tidy(marked), tuple(dict.fromkeys(doubts)), unknown)

    def _mark(self, text: str) -> str:
        if self._pattern is None:
            return text
        marked = self._pattern.sub(lambda match: self._mark_of(_key(match[0])), text)
        return _BY_NUMBER.sub(self._mark_of_number, marked)

    def _mark_of(self, alias: str) -> str:
        return chr(_FIRST + self._places[alias])

    def _mark_of_number(self, match: re.Match[str]) -> str:
        place = int(match[1])
        if not 1 <= place <= len(self.products):
            return match[0]
        one = self.products[place - 1]
        return self._mark_of(_key(f"{one.name}{one.spec}"))

    def _guess(
        self, wanted: list[tuple[str, int]], marked: str, doubts: list[Doubt]
    ) -> tuple[list[tuple[str, int]], str, tuple[str, ...]]:
        """Take what looks like goods with a quantity for the goods that it resembles, with a doubt."""
        unknown = []
        for match in _LIKE_GOODS.finditer(marked):
            near = difflib.get_close_matches(match[1], self.aliases, n=1, cutoff=ALIKE)
            doubts.append(Doubt.GUESSED_GOODS if near else Doubt.UNKNOWN_GOODS)
            if near:
                wanted.append((self._mark_of(near[0]), number_of(match["n"])))
            else:
                unknown.append(match[0].strip())
        return wanted, _LIKE_GOODS.sub(" ", marked), tuple(unknown)

    def _add_up(self, wanted: Sequence[tuple[str, int]], doubts: list[Doubt]) -> tuple[tuple[str, int], ...]:
        units: dict[str, int] = {}
        for mark, quantity in wanted:
            codes = self.aliases[self._numbered[ord(mark) - _FIRST]]
            if len(codes) > 1:
                doubts.append(Doubt.SEVERAL_GOODS)
                continue
            code = next(iter(codes))
            units[code] = units.get(code, 0) + quantity
        if any(not 1 <= quantity <= MAX_UNITS for quantity in units.values()):
            doubts.append(Doubt.UNCLEAR_QUANTITY)
        return tuple((code, quantity) for code, quantity in units.items() if 1 <= quantity <= MAX_UNITS)


def _quantities(marked: str) -> tuple[list[tuple[str, int]], str]:
    """Return marks with quantities, and the text without them; a mark alone stands for one."""
    behind, before = _BEHIND.search(marked), _BEFORE.search(marked)
    # Whoever begins with a number goes on with numbers first: 2份苹果 1份牛奶.
    first = before if before and (behind is None or before.start() < behind.start()) else behind
    pattern = _BEFORE if first is before and before else _BEHIND
    found = [(match.start(), match["mark"], number_of(match["n"])) for match in pattern.finditer(marked)]
    rest = pattern.sub(lambda match: " " * len(match[0]), marked)
    found += [(match.start(), match[0], 1) for match in re.finditer(_MARK, rest)]
    return [(mark, quantity) for _, mark, quantity in sorted(found)], re.sub(_MARK, " ", rest)


def _wholes(product: Product) -> Iterable[str]:
    yield product.name
    yield f"{product.name}{product.spec}"


def _parts(name: str) -> Iterable[str]:
    """Yield the beginnings and ends of a name's words that are long enough to mean something."""
    for word in re.findall(r"[\u4e00-\u9fff]+", name):
        for size in range(SHORTEST_PART, len(word) + 1):
            yield word[:size]
            yield word[-size:]


def _key(text: str) -> str:
    return re.sub(r"[\s()]", "", plain(text)).lower()


def _tidy(text: str) -> str:
    return " ".join(re.sub(r"[\s,;|/×*+=]+", " ", text).split())
