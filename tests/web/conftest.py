"""What the pages' tests share: a moment in an open round, and somebody who visits."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from tests.building import NOW
from tests.web.shopping import Visitor


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock in the window of the rounds that tests make; ``move_to`` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visitor(app: Flask, clock: time_machine.Traveller) -> Visitor:
    """Return a browser without JavaScript and without cookies."""
    return Visitor(app)
