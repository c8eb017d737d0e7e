"""How commands answer: a text for people, JSON for programs."""

import json

import click

from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import parse_yuan

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def json_text(answer: object) -> str:
    """Return an answer as programs read it: JSON on one line, Chinese as it is."""
    return json.dumps(answer, ensure_ascii=False)


def yuan(text: str, param: str) -> int:
    """Return an amount that somebody has typed, in fen; raise BadInput ``not_a_number``."""
    try:
        return parse_yuan(text)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Write an amount in yuan, such as 12.50.", param=param) from error
