"""``groupbuy import``: store a file of suppliers, products, sources, leaders, residents, offers or orders."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Flask
from rich.console import Console
from rich.progress import track

from groupbuy.app import settings_of
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.faults import fault_line, in_words, said
from groupbuy.db.transaction import in_transaction
from groupbuy.db.unhurried import be_unhurried
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.streaming import open_table
from groupbuy.flows.importing import KINDS, ImportResult, Table, import_file
from groupbuy.kernel.clock import utc_now

ACTOR = "cli"
LONGEST_PAUSE = "10min"


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
@click.pass_context
def import_command(context: click.Context, kind: str, file: Path, dry_run: bool, as_json: bool) -> None:
    """Store a .csv (UTF-8) or .xlsx FILE: all of its rows, or none of them and say why.

    Files are imported in the order of the kinds: suppliers, products, sources, leaders,
    residents, offers, orders.
    """
    result = _import(context.obj, kind, file, dry_run)
    click.echo(json_text(_plain(result)) if as_json else _text(result, kind, dry_run))
    context.exit(1 if result.faults else 0)


def _import(app: Flask, kind: str, file: Path, dry_run: bool) -> ImportResult:
    zone = settings_of(app).timezone
    with app.app_context(), _no_search_for_cycles():
        try:
            table = Watched(_open(file))
            return in_transaction(lambda: _store(kind, table, zone, dry_run))
        except UnreadableTable as error:
            return ImportResult(0, 0, 0, error.faults)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Spare the rows, which are kept to the end: looking for cycles among them takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _store(kind: str, table: Table, zone: ZoneInfo, dry_run: bool) -> ImportResult:
    # A long file takes its time to be read and checked while the database waits.
    be_unhurried(pause=LONGEST_PAUSE)
    return import_file(kind=kind, table=table, now=utc_now(), zone=zone, actor=ACTOR, dry_run=dry_run)


def _open(file: Path) -> Table:
    try:
        return open_table(file)
    except OSError as error:
        raise of_file("required", f"The file cannot be opened: {error.strerror}.") from error


@dataclass(frozen=True, slots=True)
class Watched:
    """A table that shows on standard error how far it has been read, if that is a terminal."""

    table: Table

    @property
    def headers(self) -> Sequence[str]:
        """Return the texts of the header row."""
        return self.table.headers

    @property
    def rows(self) -> Iterable[tuple[int, Sequence[str]]]:
        """Return the rows below it."""
        console = Console(stderr=True)
        rows = self.table.rows
        if not console.is_terminal:
            return rows
        total = len(rows) if isinstance(rows, Sequence) else None
        return track(rows, "Rows", total=total, console=console, transient=True)


def _plain(result: ImportResult) -> dict[str, Any]:
    return {
        "imported": result.imported,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "errors": [said(fault)._asdict() for fault in result.faults],
    }


def _text(result: ImportResult, kind: str, dry_run: bool) -> str:
    if result.faults:
        lines = [fault_line(fault) for fault in result.faults]
        return "\n".join([*lines, in_words(result.refusal.message)])
    done = "would be imported" if dry_run else "imported"
    return (
        f"{result.imported} rows of {kind} {done}: {result.created} new,"
        f" {result.updated} changed, {result.unchanged} as they were."
    )
