"""T13: run the state machines on the database of an application."""

import tempfile
from dataclasses import replace
from pathlib import Path

import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from groupbuy.app.factory import create_app
from groupbuy.app.settings import settings_of
from groupbuy.payments.simulator.serving import running
from tests.building import NOW
from tests.faults import market
from tests.faults.books import Outcome
from tests.faults.machine import Machine
from tests.faults.money_machine import MoneyMachine
from tests.payments.channel import make_simulator, settings_for

FEW = 10


def run(app: Flask, *, examples: int, steps: int) -> Outcome:
    """Run so many histories of so many steps; the first difference raises AssertionError."""
    with app.app_context():

        class HereMachine(Machine):
            pass

        HereMachine.app = app
        HereMachine.market = market.stock_up()
        _run(HereMachine, examples, steps)
        return Outcome(faults=examples, acknowledged=examples * steps)


def run_money(app: Flask, *, examples: int, steps: int) -> Outcome:
    """Run histories of everything that moves money, before a simulated channel; raise as ``run`` does.

    A few are the same ones each time, so that a red run is red again.
    """
    with tempfile.TemporaryDirectory() as folder, running(make_simulator()) as simulator:
        made, old = settings_for(simulator, Path(folder)), settings_of(app)
        paid = create_app(replace(old, wechat_pay=made.wechat_pay, base_url=made.base_url, rate_limits=False))
        with paid.app_context(), time_machine.travel(NOW, tick=False) as clock:

            class HereMachine(MoneyMachine):
                pass

            HereMachine.app, HereMachine.client = paid, paid.test_client()
            HereMachine.simulator, HereMachine.clock = simulator, clock
            _run(HereMachine, examples, steps, same=examples <= FEW)
            return Outcome(faults=HereMachine.faults, acknowledged=HereMachine.acknowledged)


def _run(machine: type[RuleBasedStateMachine], examples: int, steps: int, *, same: bool = False) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=same,
            database=None,
            # Shrinking a history on a real database takes minutes; the seed is printed instead.
            phases=[Phase.generate],
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
