"""The simulated channel for applications under test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from groupbuy.payments.simulator.files import write_settings
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import running
from tests import building
from tests.building import NOW
from tests.money import SETTLED
from tests.payments.channel import BASE_URL, make_simulator
from tests.payments.transfer_town import Till, open_till
from tests.support.seats import appoint


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Yield WeChat Pay on this machine."""
    with running(make_simulator()) as simulator:
        yield simulator


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    """Let the time stand while a round sells."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def paying_settings(simulator: Simulator, tmp_path: Path) -> dict[str, str]:
    """Return the settings that lead to the simulator."""
    return write_settings(simulator, tmp_path / "keys") | {"GROUPBUY_BASE_URL": BASE_URL}


@pytest.fixture
def till(app: Flask, client: FlaskClient, simulator: Simulator, travel: time_machine.Traveller) -> Till:
    """Return a leader with an approved withdrawal; the test's ``extra_settings`` lead to the simulator."""
    return open_till(app, client, simulator, travel)


@pytest.fixture
def office(till: Till) -> FlaskClient:
    """Return the browser of somebody of finance."""
    till.app.config["WTF_CSRF_ENABLED"] = False
    return appoint(till.app, building.add_account("财务"), "finance", SETTLED)
