"""T13: run the state machine on the database of an application."""

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults import market
from tests.faults.books import Outcome
from tests.faults.machine import Machine


def run(app: Flask, *, examples: int, steps: int) -> Outcome:
    """Run so many histories of so many steps; the first difference raises AssertionError."""
    with app.app_context():

        class HereMachine(Machine):
            pass

        HereMachine.app = app
        HereMachine.market = market.stock_up()
        run_state_machine_as_test(
            HereMachine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                # Shrinking a history on a real database takes minutes; the seed is printed instead.
                phases=[Phase.generate],
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
        return Outcome(faults=examples, acknowledged=examples * steps)
