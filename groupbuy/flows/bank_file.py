"""A bank's statement from a file: columns are found by their usual names, or as somebody says."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from groupbuy.documents.csv_rows import UTF_8
from groupbuy.documents.faults import Fault, UnreadableTable
from groupbuy.documents.headers import header_name
from groupbuy.documents.reading import Layout
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import parse_yuan
from groupbuy.kernel.times import parse_date

# What banks call a column, by what it is to us.
NAMES: Mapping[str, Sequence[str]] = {
    "day": ("交易日期", "交易时间", "记账日期", "日期", "date"),
    "amount": ("交易金额", "发生额", "金额", "amount"),
    "income": ("收入金额", "贷方发生额", "贷方金额", "收入", "转入金额", "credit"),
    "expense": ("支出金额", "借方发生额", "借方金额", "支出", "转出金额", "debit"),
    "who": ("对方户名", "对方名称", "对方账户名称", "户名", "counterparty"),
    "words": ("摘要", "附言", "用途", "备注", "交易附言", "note"),
    "reference": ("交易流水号", "流水号", "凭证号", "交易编号", "reference"),
}
MAX_TEXT = 200
# What the first cell says of a row below the movements that adds them up; such a row has no day.
SUMS = ("合计", "总计", "小计", "本页合计", "本月合计", "累计", "总额", "total")
# What a row without an amount says that only states what is in the account.
BALANCES = (
    *("期初余额", "上期余额", "上月余额", "上年结转", "承前页", "过次页"),
    *("期末余额", "本期余额", "本月余额", "余额", "opening balance", "closing balance", "balance"),
)
# How what stands in a column of amounts counts.
SIGNS = {"amount": 1, "income": 1, "expense": -1}
_ZERO = re.compile(r"[+-]?0+(\.0+)?")


class Rows(Protocol):
    """A table with one header row; rows are numbered as a spreadsheet counts them."""

    @property
    def headers(self) -> Sequence[str]:
        """Return the texts of the header row."""

    @property
    def rows(self) -> Sequence[tuple[int, Sequence[str]]]:
        """Return the rows below it."""


@dataclass(frozen=True, slots=True)
class BankRow:
    """A line of a statement: fen above zero came in. ``key`` is the same when the file is read again."""

    key: str
    day: date
    amount_fen: int
    who: str
    words: str
    reference: str


def layout(columns: Mapping[str, str]) -> Layout:
    """Return how banks write their files: many in GBK, and with the account's own lines above the header."""
    wanted = columns.get("day", "").strip()
    days = {wanted} if wanted else set(NAMES["day"])
    return Layout((UTF_8, "gb18030"), lambda row: not days.isdisjoint(map(header_name, row)))


def find_columns(headers: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    """Return the place of each column that is there; ``chosen`` are headers that somebody has named.

    Raise BadInput ``missing_column`` for a header that is not there, and without day or any amount.
    """
    found: dict[str, int] = {}
    for name, usual in NAMES.items():
        wanted = chosen.get(name, "").strip()
        if wanted and wanted not in headers:
            raise BadInput("missing_column", f"The file has no column {wanted}.", param=name)
        present = [header for header in ([wanted] if wanted else usual) if header in headers]
        if present:
            found[name] = headers.index(present[0])
    if "day" not in found or not {"amount", "income", "expense"} & found.keys():
        raise BadInput("missing_column", "Say which columns hold the day and the amounts.", param="day")
    return found


def idle_rows(table: Rows, *, columns: Mapping[str, str]) -> list[int]:
    """Return the numbers of rows that move nothing and are passed over; raise as ``find_columns``.

    They add others up, state a balance, or say zero.
    """
    places = find_columns(table.headers, columns)
    return [number for number, cells in table.rows if _is_idle(cells, places)]


def read_statement(table: Rows, *, columns: Mapping[str, str]) -> list[BankRow]:
    """Return the lines of a statement; raise BadInput as ``find_columns``, or with every fault."""
    places = find_columns(table.headers, columns)
    faults: list[Fault] = []
    seen: dict[str, int] = defaultdict(int)
    found = []
    for number, cells in table.rows:
        if _is_idle(cells, places):
            continue
        named = {name: cells[place].strip() for name, place in places.items()}
        row = _read(number, named, seen, faults)
        if row is not None:
            found.append(row)
    if faults:
        raise UnreadableTable(faults)
    return found


def _read(number: int, cells: Mapping[str, str], seen: dict[str, int], faults: list[Fault]) -> BankRow | None:
    said = _amounts(cells)
    day, amount = _day(number, cells["day"], faults), _amount(number, said, faults)
    if day is not None and amount == 0:
        faults.append(Fault(number, "", "no_amount", "There is no amount in this row."))
    if day is None or not amount:
        return None
    texts = [cells.get(name, "")[:MAX_TEXT] for name in ("who", "words", "reference")]
    same = "\x1f".join([day.isoformat(), str(amount), *texts])
    # Two lines that say the same are two movements.
    seen[same] += 1
    key = hashlib.sha256(f"{same}\x1f{seen[same]}".encode()).hexdigest()
    return BankRow(key, day, amount, *texts)


def _is_idle(cells: Sequence[str], places: Mapping[str, int]) -> bool:
    """Tell whether a row moves nothing."""
    said = _amounts({name: cells[place] for name, place in places.items()})
    if said:
        return all(map(_ZERO.fullmatch, said.values())) or _is_sum(cells, places["day"])
    return _is_sum(cells, places["day"]) or any(_called(cell) in BALANCES for cell in cells)


def _is_sum(cells: Sequence[str], day: int) -> bool:
    """Tell whether a row has no day and adds others up: its first cell says so, be it in the day's column."""
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    return _called(first) in SUMS and cells[day].strip() in ("", first)


def _called(cell: str) -> str:
    return " ".join(cell.split()).rstrip(":： ").lower()


def _day(number: int, text: str, faults: list[Fault]) -> date | None:
    plain = text.split(" ")[0].split("T")[0].replace(".", "-")
    if len(plain) == len("20261122") and plain.isdigit():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
    try:
        return parse_date(plain)
    except ValueError:
        faults.append(Fault(number, "", "bad_date", f"This is no day: {text[:40]}"))
        return None


def _amounts(cells: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in the columns of amounts; where there are two, that with a sign is not one."""
    two = "income" in cells or "expense" in cells
    plain = {
        name: cells[name].replace(",", "").replace("¥", "").strip()
        for name in SIGNS
        if name in cells and not (two and name == "amount")
    }
    return {name: text for name, text in plain.items() if text not in ("", "-")}


def _amount(number: int, said: Mapping[str, str], faults: list[Fault]) -> int | None:
    """Return what came in less what went out, None for what is no amount."""
    total = 0
    for name, text in said.items():
        try:
            fen = parse_yuan(text.lstrip("+").strip())
        except (ValueError, OverflowError):
            faults.append(Fault(number, "", "not_a_number", f"This is no amount: {text[:40]}"))
            return None
        # Some banks write an expense below zero; an income below zero was taken back.
        total += abs(fen) * SIGNS[name] if name == "expense" else fen
    return total
