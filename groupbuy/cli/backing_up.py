"""``groupbuy backup``: a copy of the embedded database while it is in use."""

from pathlib import Path

import click
from flask import Flask

from groupbuy.db.backup import copy_embedded


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(app: Flask, file: Path) -> None:
    """Write a copy of the embedded database to FILE while everybody goes on working.

    To restore it, stop Groupbuy and put the file in the place of the database.
    """
    with app.app_context():
        size = copy_embedded(file)
    click.echo(f"{file}: {size:,} bytes")
