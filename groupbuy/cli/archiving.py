"""``groupbuy archive-rounds``: old rounds go where they are out of the way and still readable."""

from dataclasses import asdict
from datetime import datetime
from functools import partial

import click
from flask import Flask
from rich.console import Console
from rich.progress import track

from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.dials import LEAST_ARCHIVE_DAYS
from groupbuy.flows.archive import archiving
from groupbuy.flows.archive.archiving import Outcome
from groupbuy.kernel.clock import utc_now


@click.command("archive-rounds")
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="Rounds handed out before this DAY.")
@click.option("--dry-run", is_flag=True, help="Say what would be moved and what waits, and move nothing.")
@click.option("--bring-back", metavar="ROUND", help="Move a round back among those that are worked with.")
@json_option
@click.pass_obj
def archive_rounds(
    app: Flask, before: datetime | None, dry_run: bool, bring_back: str | None, as_json: bool
) -> None:
    """Archive the rounds handed out before a day of which nothing is open, each whole or not at all."""
    if (before is None) == (bring_back is None):
        raise click.UsageError("Give either --before or --bring-back.")
    require_database(app)
    now = utc_now()
    with app.app_context():
        if bring_back is not None:
            back = partial(archiving.bring_back, name=bring_back, now=now, actor=ACTOR)
            outcomes = [in_transaction(back)]
        else:
            outcomes = _archive_all(before, now, dry_run=dry_run)
    _print(outcomes, dry_run=dry_run, as_json=as_json)


def _archive_all(before: datetime | None, now: datetime, *, dry_run: bool) -> list[Outcome]:
    if before is None or (now.date() - before.date()).days < LEAST_ARCHIVE_DAYS:
        raise click.BadParameter(f"At least {LEAST_ARCHIVE_DAYS} days ago.", param_hint="--before")
    ids = [round_.id for round_ in db.session.scalars(archiving.old_rounds(before.date()))]
    console = Console(stderr=True)
    outcomes = []
    for round_id in track(ids, "Rounds", console=console, transient=True, disable=not console.is_terminal):
        outcome = (
            _look_at(round_id, now)
            if dry_run
            else in_transaction(partial(archiving.archive, round_id=round_id, now=now, actor=ACTOR))
        )
        outcomes += [outcome] if outcome is not None else []
    return outcomes


def _look_at(round_id: int, now: datetime) -> Outcome:
    outcome = archiving.look_at(round_id=round_id, now=now)
    db.session.rollback()
    return outcome


def _print(outcomes: list[Outcome], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json_text({"rounds": [asdict(one) for one in outcomes]}))
        return
    for one in outcomes:
        waits = f"waits: {', '.join(one.waits_for)}"
        click.echo(f"{one.name}  {waits if one.waits_for else f'{one.orders} orders'}")
    moved = [one for one in outcomes if not one.waits_for]
    rows = "" if dry_run else f", {sum(one.rows for one in moved):,} rows"
    verb = "would be moved" if dry_run else "moved"
    click.echo(
        f"{len(moved)} rounds {verb}: {sum(one.orders for one in moved):,} orders{rows};"
        f" {len(outcomes) - len(moved)} wait."
    )
