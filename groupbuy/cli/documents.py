"""``groupbuy documents``: all documents of a closed round in a folder."""

from pathlib import Path

import click
from flask import Flask
from rich.console import Console
from rich.progress import Progress

from groupbuy.app import settings_of
from groupbuy.app.round_folder import MANIFEST, Entry, write_round
from groupbuy.audit import service as audit
from groupbuy.cli.answers import json_text
from groupbuy.db.transaction import transaction
from groupbuy.documents.files import write_zip
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError

ACTOR = "cli"
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("documents")
@click.argument("name", metavar="ROUND")
@click.option("--out", "folder", required=True, metavar="DIR", type=FOLDER, help="Made if need be.")
@click.option("--pdf", is_flag=True, help="Also a PDF for print beside each workbook.")
@click.option(
    "--zip",
    "archive",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also one zip of all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON for programs.")
@click.pass_obj
def documents(app: Flask, name: str, folder: Path, pdf: bool, archive: Path | None, as_json: bool) -> None:
    """Write all documents of a closed ROUND, and manifest.json that lists them.

    Pickup sheets, sorting lists and commission statements per leader, purchase orders per supplier, the
    pick list and the matrix of the round.
    """
    with app.app_context():
        try:
            entries = _write(app, name, folder, ["xlsx", "pdf"] if pdf else ["xlsx"])
            if archive is not None:
                names = [MANIFEST, *(str(entry["path"]) for entry in entries)]
                write_zip(archive, ((name, (folder / name).read_bytes()) for name in names))
        except OSError as error:
            where = error.filename or folder
            raise GroupbuyError("cannot_write", f"{where} cannot be written: {error.strerror}.") from error
        _log_export(name, len(entries))
    if as_json:
        click.echo(json_text({"round": name, "files": entries}))
    else:
        click.echo(f"{len(entries)} documents of {name} are in {folder}; {MANIFEST} lists them.")


def _write(app: Flask, name: str, folder: Path, suffixes: list[str]) -> list[Entry]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Documents", total=None)
        return write_round(
            settings=settings_of(app),
            round_name=name,
            folder=folder,
            suffixes=suffixes,
            printed_at=utc_now(),
            note=lambda done, total: progress.update(bar, completed=done, total=total),
        )


def _log_export(name: str, count: int) -> None:
    """Note who took residents' names out of the platform."""
    with transaction():
        audit.record(
            at=utc_now(),
            actor=ACTOR,
            verb="documents_exported",
            subject_kind="round",
            subject=name,
            after={"files": count},
        )
