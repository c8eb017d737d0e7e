"""Settings, read once from the environment; a wrong or unknown key fails with what to do."""

from groupbuy.config.channels import AlipaySettings, WechatPaySettings, WechatTransferSettings
from groupbuy.config.settings import DEFAULTS, Settings, load_settings
from groupbuy.config.values import MOST_SIGNATURE, ConfigError

__all__ = [
    "DEFAULTS",
    "MOST_SIGNATURE",
    "AlipaySettings",
    "ConfigError",
    "Settings",
    "WechatPaySettings",
    "WechatTransferSettings",
    "load_settings",
]
