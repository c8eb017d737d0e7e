"""``groupbuy leader-terms``: what one leader's community has of a campaign, and at which price."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import leader_terms as terms
from groupbuy.campaigns import service
from groupbuy.campaigns.leader_terms import LeaderTerm, Own
from groupbuy.campaigns.models import Campaign
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import picking
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan, parse_yuan
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader

OFFERED = {"yes": True, "no": False, "campaign": None}
AS_CAMPAIGN = "campaign"


@click.group("leader-terms")
def leader_terms() -> None:
    """Look at a leader's own products and prices in a campaign, set and pick them for rounds to come."""


@leader_terms.command("show")
@click.argument("campaign")
@click.argument("leader")
@json_option
@click.pass_obj
def show(app: Flask, campaign: str, leader: str, as_json: bool) -> None:
    """Show what LEADER's community has of CAMPAIGN."""
    _work(app, campaign, leader, as_json, lambda *_: [])


@leader_terms.command("set")
@click.argument("campaign")
@click.argument("leader")
@click.argument("product")
@click.option("--price", metavar="YUAN", help="The price there; 'campaign' is the campaign's.")
@click.option("--offered", type=click.Choice(list(OFFERED)), help="Whether it is sold there.")
@json_option
@click.pass_obj
def set_one(
    app: Flask,
    campaign: str,
    leader: str,
    product: str,
    price: str | None,
    offered: str | None,
    as_json: bool,
) -> None:
    """Set price or offer of PRODUCT for LEADER in future rounds of CAMPAIGN; the rest stays as it is."""
    if price is None and offered is None:
        raise click.UsageError("Give --price, --offered or both.")

    def change(plan: Campaign, who: Leader) -> list[str]:
        known = terms.terms_of(campaign_id=plan.id, leader_id=who.id)
        wanted = {term.product_code: term.own for term in known}
        own = _changed(wanted.get(product, Own()), price, offered)
        return picking.set_terms(
            campaign=plan,
            leader=who,
            version=terms.version_of(known),
            terms=wanted | {product: own},
            now=utc_now(),
            zone=settings_of(app).timezone,
            actor=Actor(ACTOR),
        )

    _work(app, campaign, leader, as_json, change)


def _changed(own: Own, price: str | None, offered: str | None) -> Own:
    if price is not None:
        own = replace(own, price_fen=_fen(price))
    return own if offered is None else replace(own, offered=OFFERED[offered])


@leader_terms.command("pick")
@click.argument("campaign")
@click.argument("leader")
@click.argument("products", nargs=-1, metavar="[PRODUCT]...")
@json_option
@click.pass_obj
def pick(app: Flask, campaign: str, leader: str, products: tuple[str, ...], as_json: bool) -> None:
    """Let LEADER have exactly these of the products that leaders choose in CAMPAIGN; none takes all away."""

    def change(plan: Campaign, who: Leader) -> list[str]:
        return picking.pick_products(
            campaign=plan,
            leader=who,
            version=None,
            product_codes=products,
            now=utc_now(),
            zone=settings_of(app).timezone,
            actor=Actor(ACTOR),
        )

    _work(app, campaign, leader, as_json, change)


def _work(
    app: Flask, campaign: str, leader: str, as_json: bool, change: Callable[[Campaign, Leader], list[str]]
) -> None:
    """Change a leader's terms and print what they are then, with the rounds that were made anew."""

    def work() -> dict[str, Any]:
        plan, who = service.get_campaign(campaign), get_leader(leader)
        anew = change(plan, who)
        found = terms.terms_of(campaign_id=plan.id, leader_id=who.id)
        return {"campaign": campaign, "leader": leader, "rounds": anew, "products": list(map(_term, found))}

    with app.app_context():
        answer = in_transaction(work)
    click.echo(json_text(answer) if as_json else _text(answer))


def _term(term: LeaderTerm) -> dict[str, Any]:
    return {
        "product_code": term.product_code,
        "name": term.name,
        "price_fen": term.price_fen,
        "own_price_fen": term.own.price_fen,
        "offered": term.offered,
        "leader_picks": term.leader_picks,
    }


def _text(answer: dict[str, Any]) -> str:
    lines = [_line(term) for term in answer["products"]]
    if answer["rounds"]:
        lines.append(f"Made anew: {', '.join(answer['rounds'])}.")
    return "\n".join(lines) or "The campaign has no products."


def _line(term: dict[str, Any]) -> str:
    whose = "own price" if term["own_price_fen"] is not None else "the campaign's price"
    sold = ("sold" if term["offered"] else "not sold") + (", leaders choose" if term["leader_picks"] else "")
    return f"{term['product_code']}  {term['name']}  {format_yuan(term['price_fen'])} ({whose})  {sold}"


def _fen(text: str) -> int | None:
    if text == AS_CAMPAIGN:
        return None
    try:
        return parse_yuan(text)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Write a price in yuan, such as 12.50.", param="price") from error
