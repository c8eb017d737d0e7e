"""Commands about notices: what was sent, what became of it, and sending it once more."""

from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.jobs import most_option
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.messaging.models import Message
from groupbuy.notices import log, rules
from groupbuy.notices.log import Asked

ACTOR = "cli"


@click.group("notices")
def notices() -> None:
    """Look at what people were told, and send again what was given up."""


@notices.command("log")
@click.option("--event", type=click.Choice(tuple(rules.EVENTS)), help="Only this event.")
@click.option("--channel", type=click.Choice(rules.ALL_CHANNELS), help="Only this channel.")
@click.option("--state", type=click.Choice(log.PHASES), help="Only those that stand so.")
@click.option("--to", "recipient", help="Only to this recipient, such as resident:7.")
@most_option
@json_option
@click.pass_obj
def show_log(
    app: Flask,
    event: str | None,
    channel: str | None,
    state: str | None,
    recipient: str | None,
    most: int,
    as_json: bool,
) -> None:
    """List notices and what became of them, the newest first."""
    with app.app_context():
        found = log.recent(Asked(event, channel, state, recipient), most=most)
        if as_json:
            click.echo(json_text([_notice(message) for message in found]))
            return
        for message in found:
            click.echo(_line(app, message))
    if not found:
        click.echo("No notice.")


def _notice(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "event": message.event,
        "recipient": message.recipient,
        "channel": message.channel,
        "body": message.body,
        "state": log.phase_of(message),
        "error": message.last_error,
        "created_at": iso(message.created_at),
        "accepted_at": iso(message.accepted_at) if message.accepted_at else None,
    }


def _line(app: Flask, message: Message) -> str:
    moment = message.created_at.astimezone(settings_of(app).timezone).strftime("%m-%d %H:%M:%S")
    error = f"  {message.last_error}" if message.last_error else ""
    kind = f"{message.event:16} {message.channel:7}"
    return f"{message.id:>8}  {moment}  {log.phase_of(message):9} {kind} {message.recipient}{error}"


@notices.command("resend")
@click.argument("notice_id", metavar="NOTICE", type=int, required=False)
@click.option("--all-given-up", is_flag=True, help="Every notice that was given up.")
@click.pass_obj
def resend(app: Flask, notice_id: int | None, all_given_up: bool) -> None:
    """Send a notice once more that was given up, by its number, or all of them."""
    if (notice_id is None) is not all_given_up:
        raise click.UsageError("Give the number of a notice, or --all-given-up.")
    with app.app_context(), transaction():
        lost = log.recent(Asked(phase=log.GIVEN_UP), most=log.MOST_AT_ONCE)
        ids = [message.id for message in lost] if notice_id is None else [notice_id]
        for one in ids:
            log.send_again(message_id=one, now=utc_now(), actor=ACTOR)
    click.echo(f"{len(ids)} queued again.")
