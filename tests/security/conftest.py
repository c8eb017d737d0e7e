"""The town of the checks, and the marker that carries a check's number."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from tests.building import NOW
from tests.security.town import Town, build
from tests.web.shopping import Visitor


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock in the window of the open round."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def town(app: Flask, clock: time_machine.Traveller) -> Town:
    """Return the town."""
    return build(app)


@pytest.fixture
def visitor(app: Flask, clock: time_machine.Traveller) -> Visitor:
    """Return a browser without cookies."""
    return Visitor(app)
