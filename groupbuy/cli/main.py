"""The ``groupbuy`` command."""

import os
import sys

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from groupbuy.app import create_app, migrate_database
from groupbuy.app.logs import set_up_logging
from groupbuy.cli.accounts import create_user
from groupbuy.cli.audit import audit
from groupbuy.cli.backing_up import backup
from groupbuy.cli.demo.command import demo
from groupbuy.cli.documents import documents
from groupbuy.cli.importing import import_command
from groupbuy.cli.jobs import jobs, list_runs
from groupbuy.cli.ledger import ledger
from groupbuy.cli.moving_in import move_in_command
from groupbuy.cli.rounds import report, rounds, tick
from groupbuy.cli.serving import scheduler, serve
from groupbuy.cli.tokens import issue_token
from groupbuy.cli.warehouse import allocate, receive
from groupbuy.config import ConfigError, load_settings
from groupbuy.db.failures import is_unavailable
from groupbuy.kernel.errors import GroupbuyError


class Groupbuy(click.Group):
    """A command group that tells people what went wrong in one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; turn a broken rule into a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except (GroupbuyError, ConfigError) as error:
            click.echo(f"groupbuy: {error}", err=True)
            ctx.exit(1)
        except SQLAlchemyError as error:
            if not is_unavailable(error):
                raise
            click.echo("groupbuy: the database does not answer or is busy; try again.", err=True)
            ctx.exit(1)


@click.group(cls=Groupbuy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="groupbuy")
@click.pass_context
def groupbuy(ctx: click.Context) -> None:
    """Run community group-buys: rounds, orders, purchasing, pickup, commissions."""
    if ctx.invoked_subcommand and not {"-h", "--help"} & set(sys.argv):
        settings = load_settings(os.environ)
        set_up_logging(settings)
        ctx.obj = create_app(settings)


@groupbuy.command("init-db")
@click.pass_obj
def init_db(app: Flask) -> None:
    """Make or update the tables. Running it again changes nothing."""
    migrate_database(app)
    click.echo("The database is ready.")


groupbuy.add_command(backup)
groupbuy.add_command(create_user)
groupbuy.add_command(demo)
groupbuy.add_command(documents)
groupbuy.add_command(import_command)
groupbuy.add_command(move_in_command)
groupbuy.add_command(rounds)
groupbuy.add_command(report)
groupbuy.add_command(tick)
groupbuy.add_command(serve)
groupbuy.add_command(scheduler)
groupbuy.add_command(audit)
groupbuy.add_command(ledger)
groupbuy.add_command(jobs)
groupbuy.add_command(list_runs)
groupbuy.add_command(issue_token)
groupbuy.add_command(receive)
groupbuy.add_command(allocate)


def main() -> None:
    """Run the command line."""
    groupbuy(prog_name="groupbuy")
