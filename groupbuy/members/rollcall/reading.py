"""A roll-call is read: line by line, with all that real chats put between the lines."""

import re
from collections.abc import Sequence
from dataclasses import replace

from groupbuy.members.rollcall.people import Street, first_word
from groupbuy.members.rollcall.shelf import Shelf
from groupbuy.members.rollcall.values import Doubt, Entry, Goods
from groupbuy.members.rollcall.words import plain

MAX_LINES = 300
_NUMBER = re.compile(r"^\s*(\d{1,3})\s*(?:[.,:)](?!\d)|\.(?=\d{1,3}[-#号栋])|\s(?=\D))\s*")
_NO_ENTRY = re.compile(r"^\s*(?:#|例|示例|格式|接龙|-{3,}|={3,})|://|www\.")
_PRICED = re.compile(r"[¥]\s*\d|\d\s*(?:元|块)|\d+\.\d{1,2}\s*/")
_REMARK = re.compile(r"(?:备注|留言|要求|说明)\s*[:]?\s*(.*)$")
_BRACKET = re.compile(r"\(([^()]*)\)")
_CANCEL = re.compile(r"取消|不要了|作废|撤单|退单|已退|划掉|删掉|~~")


def read_roll_call(text: str, shelf: Shelf, street: Street) -> list[Entry]:
    """Return the entries of a roll-call in their order; title, goods and other talk are left out.

    A line without number and person goes on with the entry before it. At most MAX_LINES lines are read.
    """
    entries: list[Entry] = []
    for raw in text.splitlines()[:MAX_LINES]:
        if not raw.strip() or _NO_ENTRY.search(plain(raw)):
            continue
        entry = _read_line(raw, shelf, street)
        if _is_entry(entry, raw, begun=bool(entries)):
            entries.append(entry)
        elif entries and entry.number is None:
            entries[-1] = _go_on(entries[-1], entry)
    return _note_repeats([_judge(entry) for entry in entries])


def _read_line(raw: str, shelf: Shelf, street: Street) -> Entry:
    line = plain(raw)
    number = _NUMBER.match(line)
    body = line[number.end() :] if number else line
    body, remark = _take_remark(body, shelf)
    cancelled = bool(_CANCEL.search(body) or _CANCEL.search(remark))
    who = street.find(body)
    goods = shelf.read(who.rest)
    if goods.items and Doubt.PARTLY_CANCELLED in goods.doubts:
        cancelled = False
    name, rest = (who.name, goods.rest) if who.name else first_word(goods.rest)
    doubts = (*who.doubts, *goods.doubts, *((Doubt.CANCELLED,) if cancelled else ()))
    return Entry(
        number=int(number[1]) if number else None,
        text=raw.strip(),
        person=who.code,
        name=name,
        door=who.door,
        items=goods.items,
        remark=_joined(rest, remark),
        doubts=doubts,
        unknown=goods.unknown,
    )


def _take_remark(body: str, shelf: Shelf) -> tuple[str, str]:
    """Return the body without what stands in brackets or behind 备注, unless that is goods or a door."""
    remarks = []
    if match := _REMARK.search(body):
        remarks.append(match[1])
        body = body[: match.start()]
    for inside in _BRACKET.findall(body):
        if not re.search(r"\d", inside) and not shelf.read(inside).items:
            remarks.append(inside)
            body = body.replace(f"({inside})", " ", 1)
    return body, " ".join(part.strip() for part in remarks if part.strip())


def _is_entry(entry: Entry, raw: str, *, begun: bool) -> bool:
    known = bool(entry.person or entry.door)
    if entry.number is None:
        return known and bool(entry.items or entry.unknown or Doubt.CANCELLED in entry.doubts)
    if not (known or entry.name or entry.items):
        return False
    return known or begun or not _PRICED.search(plain(raw))


def _go_on(former: Entry, more: Entry) -> Entry:
    """Return an entry with the line behind it: more goods, or a remark."""
    both = Goods((*former.items, *more.items), "", former.doubts, (*former.unknown, *more.unknown))
    units: dict[str, int] = {}
    for code, quantity in both.items:
        units[code] = units.get(code, 0) + quantity
    own = tuple(doubt for doubt in more.doubts if doubt is not Doubt.UNKNOWN_PERSON)
    return replace(
        former,
        text=f"{former.text} {more.text}",
        items=tuple(units.items()),
        remark=_joined(former.remark, more.name, more.remark),
        doubts=tuple(dict.fromkeys((*former.doubts, *own))),
        unknown=both.unknown,
    )


def _judge(entry: Entry) -> Entry:
    doubts = list(entry.doubts)
    if not entry.items and Doubt.CANCELLED not in doubts and Doubt.UNKNOWN_GOODS not in doubts:
        doubts.append(Doubt.NO_GOODS)
    return replace(entry, doubts=tuple(dict.fromkeys(doubts)))


def _note_repeats(entries: Sequence[Entry]) -> list[Entry]:
    """Mark who stands in the list before: the same again counts once, other goods are another order."""
    seen: dict[str, list[tuple[tuple[str, int], ...]]] = {}
    judged = []
    for entry in entries:
        former = seen.setdefault(entry.person, []) if entry.person else []
        if former and Doubt.CANCELLED not in entry.doubts:
            doubt = Doubt.SAME_AGAIN if entry.items in former else Doubt.REPEATED
            entry = replace(entry, doubts=(*entry.doubts, doubt))
        former.append(entry.items)
        judged.append(entry)
    return judged


def _joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip(" -.:()"))
