"""Values of settings: each is read or refused with what to do."""

import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "GROUPBUY_"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Who can be obliged to a second factor; the roles themselves are a storey above.
FACTOR_ROLES = ("operator", "finance", "warehouse", "customer_service", "leader")
# What gateways for text messages accept as a signature.
MOST_SIGNATURE = 12
# Of goods packed in the shop a barcode begins with 2.
_SCALE_BARCODE = re.compile(r"2[0-9]*I+(W+|P+)C")


class ConfigError(Exception):
    """Say which setting is wrong and how to put it right."""


def folder(text: str) -> Path:
    """Return a folder, with ~ and .. worked out."""
    try:
        return Path(text).expanduser().resolve()
    except (RuntimeError, ValueError) as error:
        raise ConfigError(f"GROUPBUY_INSTANCE {text!r} is no folder that can be reached") from error


def database_url(text: str, instance: Path) -> str:
    """Return the URL of the database; without one it is the embedded file."""
    if not text:
        return f"sqlite:///{instance / 'groupbuy.db'}"
    scheme, mark, rest = text.partition("://")
    if mark and scheme == "postgres":
        return f"postgresql://{rest}"
    if not mark or scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ConfigError(
            "GROUPBUY_DATABASE_URL must look like sqlite:////folder/file.db or"
            f" postgresql://user:password@host/database, not {scheme if mark else 'text without a scheme'}"
        )
    return text


def secret_key(text: str) -> str | None:
    """Return the key that signs cookies, None for the installation's own."""
    if text and len(text) < 32:
        raise ConfigError("GROUPBUY_SECRET_KEY must have at least 32 characters; try: openssl rand -hex 32")
    return text or None


def timezone(name: str) -> ZoneInfo:
    """Return a zone by its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"GROUPBUY_TIMEZONE {name!r} is no zone such as Asia/Shanghai") from error


def smtp_url(text: str) -> str | None:
    """Return the address of a mail server, None for none."""
    if text and not _is_smtp(text):
        raise ConfigError("GROUPBUY_SMTP_URL must look like smtp://user:password@host:587 or smtps://…")
    return text or None


def _is_smtp(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def secret_carrier(key: str, text: str) -> str:
    """Return an address that secrets are sent to: https, or http on this machine."""
    try:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        good = safe and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if text and not good:
        raise ConfigError(f"{PREFIX}{key} must look like https://host/path")
    return text


def header(key: str, text: str) -> str:
    """Return a text that goes into a header."""
    if not (text.isascii() and (text.isprintable() or not text)):
        raise ConfigError(f"{PREFIX}{key} must be plain ASCII text")
    return text


def signature(text: str) -> str:
    """Return the signature of text messages, without its brackets."""
    name = text.strip("【】 ")
    if not 2 <= len(name) <= MOST_SIGNATURE or not name.isprintable():
        raise ConfigError(f"GROUPBUY_SMS_SIGNATURE must have 2 to {MOST_SIGNATURE} characters, without 【】")
    return name


def switch(key: str, text: str) -> bool:
    """Return whether something is on."""
    choice = one_of(key, text.lower(), ("1", "0", "on", "off", "true", "false"))
    return choice in ("1", "on", "true")


def one_of(key: str, text: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices."""
    if text not in choices:
        raise ConfigError(f"{PREFIX}{key} must be one of {', '.join(choices)}, not {text!r}")
    return text


def roles(key: str, text: str) -> frozenset[str]:
    """Return role names between commas."""
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    for name in sorted(names - set(FACTOR_ROLES)):
        raise ConfigError(f"{PREFIX}{key} names roles out of {', '.join(FACTOR_ROLES)}, not {name!r}")
    return names


def whole(key: str, text: str) -> int:
    """Return a whole number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ConfigError(f"{PREFIX}{key} must be a whole number below a billion, not {text[:40]!r}")
    return int(text)


def scale_barcodes(text: str) -> tuple[str, ...]:
    """Return layouts of barcodes between commas: a prefix, I of the goods, W or P, the check digit."""
    layouts = tuple(part.strip() for part in text.split(",") if part.strip())
    for layout in layouts:
        if len(layout) != 13 or not _SCALE_BARCODE.fullmatch(layout):
            raise ConfigError(
                f"{PREFIX}SCALE_BARCODES must be layouts such as 21IIIIIWWWWWC, not {layout[:40]!r}"
            )
    return layouts
