"""The simulators' keys as files, and the settings that name them."""

from pathlib import Path

from groupbuy.payments.simulator.alipay import AlipaySimulator
from groupbuy.payments.simulator.server import Simulator


def write_settings(simulator: Simulator, folder: Path) -> dict[str, str]:
    """Write the merchant's key into a folder and return all settings, by the names of the environment."""
    key = _write(folder / "merchant_key.pem", simulator.merchant.private_pem)
    return simulator.settings() | {"GROUPBUY_WECHAT_PAY_KEY_FILE": str(key)}


def write_alipay_settings(simulator: AlipaySimulator, folder: Path) -> dict[str, str]:
    """Write the app's and Alipay's keys into a folder and return all settings, as ``write_settings`` does."""
    key = _write(folder / "alipay_app_key.pem", simulator.merchant.private_pem)
    platform = _write(folder / "alipay_public_key.pem", simulator.platform.public_pem)
    files = {"GROUPBUY_ALIPAY_KEY_FILE": str(key), "GROUPBUY_ALIPAY_PLATFORM_KEY_FILE": str(platform)}
    return simulator.settings() | files


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")
    return path
