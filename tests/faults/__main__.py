"""Run one kind of fault on the database of the environment and print what came of it as JSON."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from flask import Flask

from tests.faults import (
    closing,
    dying,
    erring,
    evening,
    filling,
    killing,
    losing,
    market,
    migrating,
    modelling,
    noticing,
    restarting,
    rushing,
    saving,
    shifting,
    stopping,
)
from tests.faults.books import Outcome
from tests.support.ending import end_in_order

# Each takes the application and a size: how many faults, or rounds, or at which stride.
KINDS: Mapping[str, Callable[[Flask, int], Outcome]] = {
    "T1": lambda app, size: rushing.run(app, products=size),
    "T2": lambda app, size: closing.run(app, rounds=size),
    "T3": lambda app, size: dying.run(app, stride=size),
    "T4": lambda app, size: killing.kill_often(app, faults=size),
    "T4W": lambda app, size: losing.kill_workers(app, faults=size),
    "T5": lambda app, size: stopping.run(app, faults=size),
    "T5W": lambda app, size: restarting.run(app, faults=size),
    "T6": lambda app, size: noticing.run(app, calls=size),
    "T7": lambda app, size: shifting.run(app, faults=size),
    "T8": lambda app, size: filling.run(app, faults=size),
    "T9": lambda app, size: erring.run(app, faults=size),
    "T10": lambda app, size: killing.halt_often(app, faults=size),
    "T12": lambda app, size: losing.run(app, operations=size),
    "T13": lambda app, size: modelling.run(app, examples=size, steps=min(max(size // 5, 30), 100)),
    "T13M": lambda app, size: modelling.run_money(app, examples=size, steps=max(size // 4, 30)),
    "T15": lambda app, size: saving.run(app, faults=size),
    "T16": lambda app, size: migrating.run(app, faults=size),
    "T17": lambda app, size: evening.run(app, faults=size),
}


def main() -> None:
    """Read the kind and the size from the command line."""
    end_in_order()
    name, size = sys.argv[1:]
    outcome = KINDS[name](market.open_app(), int(size))
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    sys.exit(0 if outcome.clean else 1)


main()
