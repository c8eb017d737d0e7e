"""The simulated channel for applications under test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from groupbuy.payments.simulator.files import write_settings
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import running
from tests.building import NOW
from tests.payments.channel import BASE_URL, make_simulator


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
