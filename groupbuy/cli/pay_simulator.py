"""``groupbuy pay-simulator``: WeChat Pay and Alipay on this machine, for development."""

import signal
import threading
from pathlib import Path

import click

from groupbuy.payments.simulator.alipay import AlipaySimulator
from groupbuy.payments.simulator.files import write_alipay_settings, write_settings
from groupbuy.payments.simulator.server import Simulator
from groupbuy.payments.simulator.serving import running


@click.command("pay-simulator")
@click.option("--port", type=int, default=8100, show_default=True, help="WeChat Pay's; Alipay's is the next.")
@click.option("--base-url", default="http://127.0.0.1:8000", show_default=True, help="Where the platform is.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("instance/pay-simulator"))
def pay_simulator(port: int, base_url: str, folder: Path) -> None:
    """Speak WeChat Pay v3 and Alipay on this machine with fresh keys, and write the settings that use them.

    No money moves. The payer is played by POST /control/pay with {"number": …}.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    after = port + 1 if port else 0
    with running(Simulator(), port=port) as wechat, running(AlipaySimulator(), port=after) as alipay:
        keys = folder.resolve()
        settings = write_settings(wechat, keys) | write_alipay_settings(alipay, keys)
        settings["GROUPBUY_BASE_URL"] = base_url
        lines = [f"export {name}='{value}'" for name, value in settings.items()]
        (keys / "settings.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")
        click.echo(f"WeChat Pay is simulated at {wechat.url}, Alipay at {alipay.url}.")
        click.echo(f"In the platform's shell:\n  . {keys / 'settings.sh'}")
        over.wait()
