"""What a state is called and which colour it has, for every state of every domain.

The names are message ids in the context of their kind, because "Closed" is 已截单 for a round and
已关闭 for a purchase order. Tones are classes of ``groupbuy.css``: ok, wait, info, bad, idle, new.
"""

from dataclasses import dataclass

from flask import Flask

from groupbuy.web.kit.i18n import pgettext
from groupbuy.web.kit.state_names import LABELS


@dataclass(frozen=True, slots=True)
class Look:
    """What a badge shows."""

    label: str
    tone: str


def install(app: Flask) -> None:
    """Give templates ``look(kind, state)``, ``state_choices(kind)`` and ``zone_name(zone)``."""
    app.jinja_env.globals.update(look=look, state_choices=state_choices, zone_name=zone_name)


def look(kind: str, state: str) -> Look:
    """Return a state's name in the reader's language and its tone; raise KeyError for an unknown one."""
    label, tone = LABELS[kind][state]
    return Look(pgettext(kind, label), tone)


def state_choices(kind: str) -> list[tuple[str, str]]:
    """Return (state, name) pairs for a filter's select."""
    return [(state, look(kind, state).label) for state in LABELS[kind]]


def zone_name(zone: str) -> str:
    """Return a temperature zone in the reader's language; one that is none of the usual as it is."""
    return look("temperature_zone", zone).label if zone in LABELS["temperature_zone"] else zone
