"""Money as whole fen (1 yuan = 100 fen) and rates as basis points (1 % = 100 bp)."""

import re
from collections.abc import Sequence

MAX_FEN = 10**14
BASIS = 10_000

_DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(\.(?P<fraction>\d+))?", re.ASCII)


def parse_fixed(text: str, places: int) -> int:
    """Read a decimal text into whole units of ``10 ** -places``.

    Raise ValueError when it is no plain decimal number, and OverflowError when it has more
    decimals than ``places`` or is larger than MAX_FEN: such amounts are a fault, never rounded.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    whole, fraction = match["whole"].lstrip("0"), match["fraction"] or ""
    # The length is looked at first: Python refuses to convert texts of thousands of digits.
    if len(fraction) > places or len(whole) > len(str(MAX_FEN)):
        raise OverflowError(text)
    units = int(whole + fraction.ljust(places, "0") or "0")
    if units > MAX_FEN:
        raise OverflowError(text)
    return -units if match["sign"] else units


def parse_yuan(text: str) -> int:
    """Read yuan with at most two decimals into fen; raise as ``parse_fixed`` does."""
    return parse_fixed(text, 2)


def parse_percent(text: str) -> int:
    """Read a percentage with at most two decimals into basis points; raise as ``parse_fixed``."""
    return parse_fixed(text, 2)


def format_yuan(fen: int) -> str:
    """Write fen as yuan for people: ``¥1,234.50``, ``-¥0.05``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def plain_yuan(fen: int) -> str:
    """Write fen as yuan for programs: ``1234.50``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero; the denominator is positive."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def share_bp(amount: int, rate_bp: int) -> int:
    """Return ``rate_bp`` basis points of an amount, rounded half up."""
    return divide_half_up(amount * rate_bp, BASIS)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights by largest remainder; the parts always add up to it.

    Weights are not negative. Equal remainders favour the earlier part. A split over weights that
    are all zero is even. Raise ValueError when there is nothing to split over.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be non-negative and at least one")
    if total < 0:
        return [-part for part in split(-total, weights)]
    base = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(base)
    parts = [total * weight // whole for weight in base]
    remainders = [total * weight % whole for weight in base]
    order = sorted(range(len(base)), key=lambda index: (-remainders[index], index))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts
