"""How commands answer: a text for people, JSON for programs."""

import json

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def json_text(answer: object) -> str:
    """Return an answer as programs read it: JSON on one line, Chinese as it is."""
    return json.dumps(answer, ensure_ascii=False)
