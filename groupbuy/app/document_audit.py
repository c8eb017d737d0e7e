"""I9: every document of a closed round is made, read back, and compared with the database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from groupbuy.analytics.invariants_base import EXAMPLES, NOT_BOOKED, Finding
from groupbuy.analytics.report import RoundReport, round_report
from groupbuy.app.round_folder import Entry, write_round
from groupbuy.campaigns.queries import get_round, list_rounds
from groupbuy.config import Settings
from groupbuy.documents.rereading import reread

# The columns that each kind is added up by: sale units, and yuan where the kind has an amount.
COLUMNS: Mapping[str, tuple[str, str | None]] = {
    "pickup_sheet": ("件数", "金额"),
    "sorting_list": ("数量", None),
    "pick_list": ("合计数量", "总价"),
    "matrix": ("合计", "金额"),
    "purchase_order": ("数量", "金额"),
    "commission_statement": ("件数", "佣金"),
}
Key = tuple[str, str]
Sum = tuple[int, int]


def closed_rounds() -> list[str]:
    """Return the names of all rounds that have documents, the latest cut-off first."""
    return [round_.name for round_ in list_rounds() if round_.state not in NOT_BOOKED]


def check_documents(
    *,
    settings: Settings,
    round_names: Sequence[str],
    printed_at: datetime,
    note: Callable[[str, int, int], None],
) -> Finding:
    """Make and read back the documents of some rounds; ``note`` is told round, files done and all files.

    Raise NotFound for an unknown round, RuleBroken ``not_closed``.
    """
    checked, wrong = 0, list[str]()
    for name in round_names:
        with TemporaryDirectory() as folder:
            entries = write_round(
                settings=settings,
                round_name=name,
                folder=Path(folder),
                suffixes=["xlsx"],
                printed_at=printed_at,
                note=lambda done, total, name=name: note(name, done, total),  # type: ignore[misc] # A default binds the name.
            )
            wrong += _faults(name, Path(folder), entries, _expected(round_report(get_round(name))))
            checked += len(entries)
    says = "I9: totals read back from the documents equal the database"
    return Finding("documents", says, checked, len(wrong), wrong[:EXAMPLES])


def _expected(report: RoundReport) -> dict[Key, Sum]:
    """Return units and fen of each document that the round must have, by kind and owner."""
    sums: dict[Key, Sum] = {}
    for leader in report.leaders:
        sums["pickup_sheet", leader.code] = sums["sorting_list", leader.code] = (
            leader.units,
            leader.amount_fen,
        )
        sums["commission_statement", leader.code] = leader.units, leader.commission_fen
    for supplier in report.suppliers:
        sums["purchase_order", supplier.code] = supplier.units, supplier.cost_fen
    if report.orders:
        sums["pick_list", ""] = sums["matrix", ""] = report.units, report.amount_fen
    return sums


def _faults(
    round_name: str, folder: Path, entries: Sequence[Entry], expected: Mapping[Key, Sum]
) -> Iterator[str]:
    left = dict(expected)
    for entry in entries:
        kind, owner = str(entry["kind"]), str(entry.get("leader") or entry.get("supplier") or "")
        due = left.pop((kind, owner), (0, 0))
        if fault := _fault(folder / str(entry["path"]), kind, due):
            yield f"{round_name} {kind} {owner}: {fault}"
    yield from (f"{round_name} {kind} {owner}: missing" for kind, owner in left)


def _fault(path: Path, kind: str, due: Sum) -> str:
    units, amount = COLUMNS[kind]
    found = reread(path, units=units, amount=amount, all_tabs=kind == "matrix")
    if not found.agree:
        return f"its rows are {found.units} and {found.amount_fen}, its total says otherwise"
    if (found.units, found.amount_fen) != (due[0], due[1] if amount else None):
        return f"{found.units} units and {found.amount_fen} fen, {due[0]} and {due[1]} reckoned"
    return ""
