"""The ``groupbuy`` command."""

import os
import sys
from collections.abc import Mapping
from pkgutil import resolve_name

import click
from sqlalchemy.exc import SQLAlchemyError

from groupbuy.app.core import create_core
from groupbuy.app.logs import set_up_logging
from groupbuy.cli.faults import in_words
from groupbuy.config import ConfigError, load_settings
from groupbuy.db.failures import is_unavailable
from groupbuy.kernel.errors import GroupbuyError

# Where each command is. Only the one that runs is loaded: all of them with pages and API take seconds.
COMMANDS: Mapping[str, str] = {
    "allocate": "groupbuy.cli.warehouse:allocate",
    "archive-rounds": "groupbuy.cli.archiving:archive_rounds",
    "audit": "groupbuy.cli.audit:audit",
    "backup": "groupbuy.cli.backing_up:backup",
    "bank": "groupbuy.cli.bank:bank",
    "change-phone": "groupbuy.cli.accounts:change_phone",
    "create-user": "groupbuy.cli.accounts:create_user",
    "debts": "groupbuy.cli.debts:debts",
    "deliveries": "groupbuy.cli.delivery:deliveries",
    "demo": "groupbuy.cli.demo.command:demo",
    "documents": "groupbuy.cli.documents:documents",
    "import": "groupbuy.cli.importing:import_command",
    "init-db": "groupbuy.cli.migrating:init_db",
    "issue-token": "groupbuy.cli.tokens:issue_token",
    "jobs": "groupbuy.cli.jobs:jobs",
    "leader-terms": "groupbuy.cli.leader_terms:leader_terms",
    "ledger": "groupbuy.cli.ledger:ledger",
    "limit-user": "groupbuy.cli.accounts:limit_user",
    "move-in": "groupbuy.cli.moving_in:move_in_command",
    "notices": "groupbuy.cli.notices:notices",
    "pay-simulator": "groupbuy.cli.pay_simulator:pay_simulator",
    "payouts": "groupbuy.cli.payouts:payouts",
    "purchases": "groupbuy.cli.purchases:purchases",
    "receive": "groupbuy.cli.warehouse:receive",
    "reset-factor": "groupbuy.cli.accounts:reset_factor",
    "reconcile": "groupbuy.cli.reconciling:reconcile",
    "channel-bills": "groupbuy.cli.channel_bills:channel_bills",
    "report": "groupbuy.cli.rounds:report",
    "rest-days": "groupbuy.cli.resting:rest_days",
    "rounds": "groupbuy.cli.rounds:rounds",
    "runs": "groupbuy.cli.jobs:list_runs",
    "scheduler": "groupbuy.cli.scheduling:scheduler",
    "serve": "groupbuy.cli.serving:serve",
    "settlement": "groupbuy.cli.settling:settlement",
    "sources": "groupbuy.cli.sources:sources",
    "stock": "groupbuy.cli.stock:stock",
    "stock-take": "groupbuy.cli.stock_taking:stock_take",
    "supplier": "groupbuy.cli.suppliers:supplier",
    "tick": "groupbuy.cli.ticking:tick",
    "transfer": "groupbuy.cli.stock:transfer",
    "unfetched": "groupbuy.cli.unfetched:unfetched",
    "weights": "groupbuy.cli.weights:weights",
    "withdrawals": "groupbuy.cli.withdrawals:withdrawals",
}


class Groupbuy(click.Group):
    """A command group that loads the command it runs and tells people what went wrong in one sentence."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Load a command by its name, None for an unknown one."""
        command: click.Command | None = resolve_name(COMMANDS[name]) if name in COMMANDS else None
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; turn a broken rule into a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except (GroupbuyError, ConfigError) as error:
            click.echo(f"groupbuy: {in_words(str(error))}", err=True)
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
        ctx.obj = create_core(settings)


def main() -> None:
    """Run the command line."""
    groupbuy(prog_name="groupbuy")
