"""All trade reports by name, and any of them as a sheet."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from groupbuy.analytics import trade_fees, trade_goods, trade_sales
from groupbuy.analytics.trade_base import Figures, Report, Wanted, figures, in_order
from groupbuy.db import db
from groupbuy.documents import csv_files, xlsx
from groupbuy.documents.languages import readers_language, said
from groupbuy.documents.progress import Note, silent
from groupbuy.documents.sheet import Cell, Row, Sheet, table
from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso

REPORTS: Mapping[str, Report] = {
    one.name: one
    for one in (
        trade_goods.PURCHASES,
        trade_sales.SALES,
        trade_goods.STOCK,
        trade_goods.IN_AND_OUT,
        *trade_sales.MARGINS,
        *trade_fees.FEES,
    )
}
# A workbook of more rows than this takes too long for somebody who waits for it.
LARGE = 20_000
MOST = 500_000
_NARROWS = (
    ("supplier", "供应商"),
    ("leader", "团长"),
    ("product", "商品"),
    ("route", "线路"),
    ("warehouse", "仓库"),
)
_WORDS = {
    "sale": "销售",
    "return": "退货",
    "received": "收货",
    "sent_back": "退供",
    "adjusted_claim": "索赔",
    "adjusted_deduction": "扣款",
    "adjusted_price": "价差",
    "adjusted_rebate": "返利",
}


def get_report(name: str) -> Report:
    """Return a report by its name; raise NotFound."""
    if name not in REPORTS:
        raise NotFound("unknown_report", "There is no such report.")
    return REPORTS[name]


def rows_of(
    report: Report, wanted: Wanted, *, most: int, skip: int = 0, after: Sequence[Any] = ()
) -> Sequence[Any]:
    """Return some of a report's rows in its order, behind the row with the ``key_of`` that is given."""
    return db.session.execute(in_order(report, wanted, after).limit(most).offset(skip)).all()


def key_of(report: Report, row: Any) -> tuple[Any, ...]:
    """Return the values by which a row is sorted."""
    return tuple(getattr(row, one.name) for one in report.sorted_by)


def as_json(report: Report, wanted: Wanted) -> dict[str, Any]:
    """Return what a job needs to make a report later, in the language of whoever asks."""
    span = {"since": iso(wanted.since), "until": iso(wanted.until), "language": readers_language()}
    return {"report": report.name, **span} | {name: getattr(wanted, name) for name, _title in _NARROWS}


def sheet_from(plain: Mapping[str, Any]) -> Sheet:
    """Return the sheet that ``as_json`` described, however large."""
    since, until = (datetime.fromisoformat(plain[name]) for name in ("since", "until"))
    # A job that was asked for before there was a code leaves it out.
    wanted = Wanted(since, until, **{name: plain.get(name, "") for name, _title in _NARROWS})
    return sheet_of(get_report(plain["report"]), wanted, most=MOST)


def written(sheet: Sheet, suffix: str, note: Note = silent) -> bytes:
    """Return a sheet as the content of a file; ``note`` hears now and then how many rows are written."""
    if suffix == "xlsx":
        return xlsx.write_xlsx([sheet], note=note)
    return csv_files.csv_for_people(sheet, note)


def sheet_of(report: Report, wanted: Wanted, *, most: int = LARGE) -> Sheet:
    """Return a report as a sheet, with the ledger's figure below; raise BadInput ``too_many``."""
    rows = rows_of(report, wanted, most=most + 1)
    if len(rows) > most:
        raise BadInput("too_many", f"At most {most} rows at once; narrow the filters.", param="until")
    found = figures(report, wanted)
    narrow = [(title, getattr(wanted, name)) for name, title in _NARROWS if getattr(wanted, name)]
    return Sheet(
        report.title,
        [column.for_sheet() for column in report.columns],
        table([cells(report, row) for row in rows]),
        head=(_span(report, wanted), *narrow),
        closing=_closing(report, found),
        landscape=len(report.columns) > 7,
    )


def _closing(report: Report, found: Figures) -> list[tuple[str, str]]:
    if found.booked is None:
        return []
    also = [(one.title, format_yuan(found.proofs[one.column])) for one in report.also]
    without = [(report.without_account[0], said(report.without_account[1]))] if report.without_account else []
    return [("账面金额", format_yuan(found.booked)), *also, *without]


def _span(report: Report, wanted: Wanted) -> tuple[str, str]:
    last = _day(wanted.until - timedelta(seconds=1))
    return ("截至", last) if report.at_end else ("期间", said(f"{_day(wanted.since)} 至 {last}"))


def cells(report: Report, row: Any) -> Row:
    """Return a row as plain values; moments are texts in the time of the books."""
    return tuple(_cell(column.kind, getattr(row, column.key)) for column in report.columns)


def _cell(kind: str, value: Any) -> Cell:
    if kind == "moment":
        return f"{value.astimezone(BOOKS):%Y-%m-%d %H:%M}"
    if kind == "word":
        return said(_WORDS[value])
    cell: Cell = value
    return cell


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(BOOKS):%Y-%m-%d}"
