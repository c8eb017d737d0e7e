"""``groupbuy pay-simulator``: WeChat Pay on this machine, for development."""

import signal
import threading
from pathlib import Path

import click

from groupbuy.payments.simulator.files import write_settings
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import running


@click.command("pay-simulator")
@click.option("--port", type=int, default=8100, show_default=True, help="Where it listens on loopback.")
@click.option("--base-url", default="http://127.0.0.1:8000", show_default=True, help="Where the platform is.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("instance/pay-simulator"))
def pay_simulator(port: int, base_url: str, folder: Path) -> None:
    """Speak WeChat Pay v3 on this machine with fresh keys, and write the settings that use it.

    No money moves. The payer is played by POST /control/pay with {"number": …}.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with running(Simulator(), port=port) as simulator:
        settings = write_settings(simulator, folder.resolve()) | {"GROUPBUY_BASE_URL": base_url}
        lines = [f"export {name}='{value}'" for name, value in settings.items()]
        (folder / "settings.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")
        click.echo(f"WeChat Pay is simulated at {simulator.url}. In the platform's shell:")
        click.echo(f"  . {(folder / 'settings.sh').resolve()}")
        over.wait()
