"""Commands about accounts."""

import os

import click
from flask import Flask

from groupbuy.accounts import codes, queries, rules, second_factor, service
from groupbuy.accounts.models import Account
from groupbuy.db.transaction import transaction
from groupbuy.flows import renumbering
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.phones import normalise_phone
from groupbuy.leaders import limiting
from groupbuy.leaders import service as leaders
from groupbuy.members import service as members

ACTOR = "cli"


@click.command("create-user")
@click.option("--role", required=True, type=click.Choice(rules.ROLES))
@click.option("--phone", required=True)
@click.option("--name", required=True)
@click.option("--leader", metavar="CODE", help="The leader that a resident or pickup verifier belongs to.")
@click.pass_obj
def create_user(app: Flask, role: str, phone: str, name: str, leader: str | None) -> None:
    """Make an account with a role, or give an account another role and a new password."""
    password = os.environ.get("GROUPBUY_PASSWORD") or click.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    now = utc_now()
    with app.app_context(), transaction():
        account = service.account_for(phone=phone, name=name, now=now)
        service.set_password(account=account, password=password, now=now, actor=ACTOR)
        service.grant_role(account=account, role=role, now=now, actor=ACTOR)
        _add_profile(account, role, name, leader)
    click.echo(f"{name} can sign in as {role} with {phone}.")


@click.command("reset-factor")
@click.option("--phone", required=True)
@click.pass_obj
def reset_factor(app: Flask, phone: str) -> None:
    """Switch an account's second factor off when phone and recovery codes are lost."""
    with app.app_context(), transaction():
        was_on = second_factor.remove(account_id=_account(phone).id, now=utc_now(), actor=ACTOR)
    click.echo("The second factor is off." if was_on else "There was no second factor.")


@click.command("change-phone")
@click.option("--phone", required=True, help="The number that the account has.")
@click.option("--to", "new", required=True, help="The number that it gets.")
@click.pass_obj
def change_phone(app: Flask, phone: str, new: str) -> None:
    """Give an account another mobile number without a code, for somebody whose old number is lost."""
    with app.app_context(), transaction():
        account = _account(phone)
        renumbering.change_phone(
            account_id=account.id, phone=codes.known_phone(new), now=utc_now(), actor=ACTOR
        )
        click.echo(f"{account.name} signs in with {account.phone} from now on; other devices are signed out.")


def _account(phone: str) -> Account:
    account = queries.find_account(normalise_phone(phone) or phone)
    if account is None:
        raise NotFound("unknown_account", f"There is no account {phone}.", param="phone")
    return account


def _add_profile(account: Account, role: str, name: str, leader_code: str | None) -> None:
    """Give a leader, resident or helper what the role acts on."""
    now = utc_now()
    if role == "leader":
        leaders.leader_for(account=account, name=name, code=leader_code, now=now)
    elif role in ("resident", "pickup_verifier"):
        if leader_code is None:
            raise BadInput("required", f"A {role} belongs to a leader; give --leader CODE.", param="leader")
        if role == "resident":
            members.resident_for(account=account, name=name, leader_code=leader_code, now=now)
        else:
            leaders.add_helper(account=account, leader_code=leader_code)
    elif leader_code is not None:
        raise BadInput("inconsistent", f"A {role} belongs to no leader; leave out --leader.", param="leader")


@click.command("limit-user")
@click.option("--phone", required=True)
@click.option("--community", "communities", metavar="NAME", multiple=True, help="With all its leaders.")
@click.option("--leader", "codes", metavar="CODE", multiple=True)
@click.option("--all", "everybody", is_flag=True, help="Lift the limit.")
@click.pass_obj
def limit_user(
    app: Flask, phone: str, communities: tuple[str, ...], codes: tuple[str, ...], everybody: bool
) -> None:
    """Let a member of the staff deal with some communities and leaders only, or with all again."""
    if everybody == bool(communities or codes):
        raise click.UsageError("Give --community or --leader, each as often as needed, or --all.")
    with app.app_context(), transaction():
        account = _account(phone)
        if everybody:
            limiting.lift_limit(account=account, now=utc_now(), actor=ACTOR)
        else:
            limiting.limit_to(
                account=account, communities=communities, leaders=codes, now=utc_now(), actor=ACTOR
            )
        name = account.name
    click.echo(f"{name} deals with {'all leaders' if everybody else 'those chosen only'}.")
