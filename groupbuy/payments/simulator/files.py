"""The simulator's keys as files, and the settings that name them."""

from pathlib import Path

from groupbuy.payments.simulator.server import Simulator


def write_settings(simulator: Simulator, folder: Path) -> dict[str, str]:
    """Write the merchant's key into a folder and return all settings, by the names of the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "merchant_key.pem"
    key.touch(mode=0o600)
    key.write_text(simulator.merchant.private_pem, encoding="ascii")
    return simulator.settings() | {"GROUPBUY_WECHAT_PAY_KEY_FILE": str(key)}
