"""``groupbuy sources``: who delivers a product beside its own supplier, and how its need is split."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from flask import Flask

from groupbuy.catalog import service, sourcing
from groupbuy.catalog.sourcing import SPLITS, Further, Sourcing
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan, parse_percent, parse_yuan


@click.command("sources")
@click.argument("code")
@click.option(
    "--name", type=(str, str), metavar="SUPPLIER YUAN", help="Name a supplier with its cost, or change it."
)
@click.option("--case", "case_size", type=int, help="Sale units in a case of that supplier.")
@click.option("--share", metavar="PERCENT", help="That supplier's part of the need.")
@click.option("--limit", type=int, help="Sale units that supplier delivers for one day at most.")
@click.option("--unname", metavar="SUPPLIER", help="Take a further supplier away.")
@click.option("--split", type=click.Choice(SPLITS), help="Split the need by share or by price.")
@json_option
@click.pass_obj
def sources(
    app: Flask,
    code: str,
    name: tuple[str, str] | None,
    case_size: int | None,
    share: str | None,
    limit: int | None,
    unname: str | None,
    split: str | None,
    as_json: bool,
) -> None:
    """Show who delivers the product CODE; name or unname one further supplier of it first.

    It counts for rounds that are published from then on.
    """
    if not name and (case_size, share, limit) != (None, None, None):
        raise click.UsageError("--case, --share and --limit go with --name.")
    named = _further(name, case_size, share, limit) if name else None

    def work() -> dict[str, Any]:
        product = service.get_product(code)
        if named or unname or split:
            former, seen = sourcing.sourcing_of(product), product.version
            wanted = _changed(former, named, unname, split or former.split_by)
            sourcing.set_sourcing(product=product, wanted=wanted, now=utc_now(), actor=ACTOR, version=seen)
        return sourcing.sources_as_json(product)

    with app.app_context():
        answer = in_transaction(work)
    click.echo(json_text(answer) if as_json else _text(answer))


def _further(name: tuple[str, str], case_size: int | None, share: str | None, limit: int | None) -> Further:
    return Further(
        supplier_code=name[0],
        cost_fen=_parsed(name[1], parse_yuan, "Write a cost in yuan, such as 12.50.", "name"),
        case_size=1 if case_size is None else case_size,
        share_bp=_parsed(share or "0", parse_percent, "Write a percentage, such as 40.", "share"),
        daily_limit=limit,
    )


def _parsed(text: str, parse: Callable[[str], int], advice: str, param: str) -> int:
    try:
        return parse(text)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", advice, param=param) from error


def _changed(former: Sourcing, named: Further | None, unname: str | None, split: str) -> Sourcing:
    further = {one.supplier_code: one for one in former.further}
    if unname is not None and further.pop(unname, None) is None:
        raise BadInput("unknown_supplier", f"{unname} is no further supplier of it.", param="unname")
    if named:
        further[named.supplier_code] = named
    return replace(former, split_by=split, further=tuple(further.values()))


def _text(answer: dict[str, Any]) -> str:
    lines = [_line(one) for one in (answer["main"], *answer["sources"])]
    return "\n".join([f"split by {answer['split_by']}", *lines])


def _line(one: dict[str, Any]) -> str:
    limit = "" if one["daily_limit"] is None else f"  at most {one['daily_limit']} a day"
    share = f"{one['share_bp'] / 100:g} %"
    cost = f"{format_yuan(one['cost_fen'])}  case of {one['case_size']}"
    return f"{one['supplier_code']}  {cost}  {share}{limit}"
