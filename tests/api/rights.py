"""The table of rights over the API, ``rights.txt``: what each operation answers to whom."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groupbuy.members.service import CONSENT_VERSION

TABLE = Path(__file__).with_name("rights.txt")
PEOPLE = (
    "nobody",
    "resident",
    "other_resident",
    "leader",
    "other_leader",
    "helper",
    "supplier",
    "operator",
    "finance",
    "warehouse",
    "customer_service",
)


@dataclass(frozen=True)
class Row:
    """An operation: its method, path and body, and the answers in the order of PEOPLE."""

    method: str
    path: str
    body: Any
    answers: list[str]


def read_table() -> Mapping[str, Row]:
    """Return the operations of the table by name."""
    entries: list[list[str]] = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            entries[-1].append(line)
        elif line and line[0] != "#":
            entries.append([line])
    return dict(_row(*entry) for entry in entries)


def _row(line: str, body: str = "null") -> tuple[str, Row]:
    name, method, path, *answers = line.split()
    return name, Row(method, path, json.loads(body.replace("CONSENT_VERSION", CONSENT_VERSION)), answers)
