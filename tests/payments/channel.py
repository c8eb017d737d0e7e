"""The simulator for tests, and WeChat Pay's adapter in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from groupbuy.app.outside import payment_gateways_of
from groupbuy.config import Settings, load_settings
from groupbuy.kernel.clock import utc_now
from groupbuy.payments.gateways import PaymentGateway
from groupbuy.payments.simulator.alipay import AlipaySimulator
from groupbuy.payments.simulator.files import write_settings
from groupbuy.payments.simulator.keys import Party, make_party
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import running

BASE_URL = "http://127.0.0.1:9"


def settings_for(simulator: Simulator, folder: Path, **more: str) -> Settings:
    """Return settings that differ from an installation's by address and keys only."""
    found = write_settings(simulator, folder) | {"GROUPBUY_BASE_URL": BASE_URL}
    return load_settings(found | {f"GROUPBUY_{key}": value for key, value in more.items()})


@cache
def party(name: str) -> Party:
    """Return a side that all tests share: making keys takes longer than a test."""
    return make_party(name, now=utc_now())


def make_simulator() -> Simulator:
    """Return a simulator that calls nobody by itself."""
    return Simulator(calls=False, merchant=party("merchant"), platform=party("platform"))


def make_alipay() -> AlipaySimulator:
    """Return Alipay that calls nobody by itself."""
    return AlipaySimulator(calls=False, merchant=party("merchant"), platform=party("platform"))


@contextmanager
def channel(folder: Path, **more: str) -> Iterator[tuple[Simulator, PaymentGateway]]:
    """Run the simulator and return it with the adapter."""
    with running(make_simulator()) as simulator:
        settings = settings_for(simulator, folder, INSTANCE=str(folder), **more)
        yield simulator, payment_gateways_of(settings)["wechat"]
