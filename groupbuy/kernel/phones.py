"""Mainland mobile numbers as people and spreadsheets write them."""

import re
import unicodedata

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def normalise_phone(text: str) -> str | None:
    """Return eleven ASCII digits, or None when the text is no mainland mobile number.

    Understands full-width digits, spaces, hyphens, ``+86`` and a number cell's ``.0``.
    """
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix(".0")
    plain = re.sub(r"[\s\-()]", "", plain).removeprefix("+86").removeprefix("0086")
    plain = plain[2:] if len(plain) == 13 and plain.startswith("86") else plain
    return plain if _MOBILE.fullmatch(plain) else None


def mask_phone(phone: str) -> str:
    """Return the number as strangers may see it: ``138****6621``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) == 11 else "****"
