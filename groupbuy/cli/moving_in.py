"""``groupbuy move-in``: take over what a leader brings along from another app."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.audit.actor import Actor
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.faults import in_words
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable
from groupbuy.flows.moving.flow import NotMoved
from groupbuy.flows.moving.reading import read_export
from groupbuy.flows.moving.unattended import Asked, take_over
from groupbuy.flows.moving.values import Export
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.phones import mask_phone

ACTOR = Actor("cli")


@click.command("move-in")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--leader", "code", required=True, metavar="CODE", help="Whose residents these are.")
@click.option("--round", "name", metavar="ROUND", help="The open round that the orders come into.")
@click.option("--paid", is_flag=True, help="Note the orders as paid.")
@click.option("--dry-run", is_flag=True, help="Show everything and take nothing over.")
@json_option
@click.pass_context
def move_in_command(
    context: click.Context,
    file: Path,
    code: str,
    name: str | None,
    paid: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take over residents, products and, into an open round, orders from the export workbook of 快团团.

    Without --round products that are not known become drafts to review. Orders with serious doubts, and
    goods that the round does not offer, are left out and named; the leader's page can correct them.
    """
    app: Flask = context.obj
    with app.app_context():
        answer = _run(app, _read(file), Asked(code, name, paid, dry_run))
    click.echo(json_text(answer) if as_json else _text(answer))
    context.exit(1 if answer["refused"] else 0)


def _read(file: Path) -> Export:
    try:
        return read_export(file.read_bytes())
    except OSError as error:
        raise GroupbuyError("cannot_read", f"{file} cannot be read: {error.strerror}.") from error
    except UnreadableTable as error:
        sentences = "; ".join(dict.fromkeys(in_words(fault.message) for fault in error.faults))
        raise GroupbuyError("no_export", f"{file.name}: {sentences}") from error


def _run(app: Flask, export: Export, asked: Asked) -> dict[str, Any]:
    left_out: list[str] = []
    moved, refused = None, {}
    try:
        moved = in_transaction(
            lambda: take_over(
                export,
                asked,
                left_out,
                now=utc_now(),
                actor=ACTOR,
                pay_within=timedelta(minutes=settings_of(app).order_timeout_minutes),
            )
        )
    except NotMoved as error:
        numbers = {one.ref: f"order {one.number}" for one in export.purchases}
        refused = {
            numbers.get(who, mask_phone(who)): in_words(fault.message) for who, fault in error.faults.items()
        }
    return {
        "title": export.title,
        "compared": export.compared,
        "differences": [asdict(one) for one in export.differences],
        "left_out": list(dict.fromkeys(left_out)),
        "refused": refused,
        "moved": asdict(moved) if moved else None,
        "dry_run": asked.dry_run,
    }


def _text(answer: dict[str, Any]) -> str:
    count = len(answer["differences"])
    lines = [f"{answer['title']}: {answer['compared']} figures compared, {count} differ."]
    for one in answer["differences"]:
        what = f"{one['figure']} of {one['about']}" if one["about"] else one["figure"]
        lines.append(f"  {what}: {one['stated']} in the summary, {one['found']} in the orders")
    lines += [f"  left out: {sentence}" for sentence in answer["left_out"]]
    lines += [f"  refused: {who}: {sentence}" for who, sentence in answer["refused"].items()]
    if moved := answer["moved"]:
        done = "would be new" if answer["dry_run"] else "new"
        figures = f"{moved['residents']} residents, {moved['drafts']} products, {moved['orders']} orders"
        known = f"{moved['known_residents']} residents, {moved['known_orders']} orders known"
        lines.append(f"{figures} {done}; {known}.")
    else:
        lines.append("Nothing has been taken over.")
    return "\n".join(lines)
