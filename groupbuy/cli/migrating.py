"""``groupbuy init-db``: make or update the tables."""

import click
from flask import Flask

from groupbuy.app.migrating import migrate_database


@click.command("init-db")
@click.pass_obj
def init_db(app: Flask) -> None:
    """Make or update the tables. Running it again changes nothing."""
    migrate_database(app)
    click.echo("The database is ready.")
