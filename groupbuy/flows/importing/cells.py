"""Reading one cell's text into a value; a BadInput with one of the import's codes says what is wrong."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from groupbuy.campaigns.rules import MAX_QUANTITY, is_safe_name
from groupbuy.catalog.rules import check_shelf_place
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import BASIS, MAX_FEN, parse_percent, parse_yuan
from groupbuy.kernel.phones import normalise_phone
from groupbuy.kernel.times import parse_date, parse_moment
from groupbuy.orders.rules import parse_quantity

MAX_CODE = 64
MAX_TEXT = 2_000
# A million of the dearest thing in 9,000 lines still fits into 64 bits.
MAX_PRICE_FEN = 10**9

# Control characters and halves of surrogate pairs, which no database takes.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNPRINTABLE_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Characters that some system forbids in the name of a file.
_UNSAFE = re.compile(r'[/\\:*?"<>|]')
_LIKE_A_DATE = re.compile(r"\d{4}[-/]\d", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]+0?0:00(:00(\.0+)?)?\s*")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)

YES = ("1", "true", "yes", "是")
NO = ("0", "false", "no", "否")
TEMPERATURE_ZONES = {
    "常温": "常温",
    "冷藏": "冷藏",
    "冷冻": "冷冻",
    "ambient": "常温",
    "chilled": "冷藏",
    "frozen": "冷冻",
}


def name(text: str) -> str:
    """Return a name exactly as it came."""
    return _bounded(text, MAX_TEXT, _UNPRINTABLE)


def free_text(text: str) -> str:
    """Return a text exactly as it came; it may have several lines."""
    return _bounded(text, MAX_TEXT, _UNPRINTABLE_BUT_LINES)


def reference(text: str) -> str:
    """Return a code that stands for something stored or to be stored, never part of a file's name."""
    return _bounded(text, MAX_CODE, _UNPRINTABLE)


def code(text: str) -> str:
    """Return a code that may become part of a file's name or of an address."""
    if _UNSAFE.search(text) or text in (".", ".."):
        raise BadInput("out_of_range", 'A code has none of the characters / \\ : * ? " < > |.')
    return reference(text)


def round_code(text: str) -> str:
    """Return a code that becomes the name of a round."""
    if not is_safe_name(text):
        raise BadInput("out_of_range", "Use 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -.")
    return text


def _bounded(text: str, longest: int, forbidden: re.Pattern[str]) -> str:
    if len(text) > longest:
        raise BadInput("out_of_range", f"Shorten this to {longest} characters.")
    if forbidden.search(text):
        raise BadInput("out_of_range", "Remove the control characters from this text.")
    return text


def price(text: str) -> int:
    """Return fen of an amount per sale unit."""
    return _decimal(text, parse_yuan, MAX_PRICE_FEN, "Write an amount in yuan, such as 12.50.")


def amount(text: str) -> int:
    """Return fen of an amount."""
    return _decimal(text, parse_yuan, MAX_FEN, "Write an amount in yuan, such as 12.50.")


def percent(text: str) -> int:
    """Return basis points of a percentage from 0 to 100."""
    return _decimal(text, parse_percent, BASIS, "Write a percentage as a plain number, such as 8 or 8.5.")


def _decimal(text: str, parse: Callable[[str], int], most: int, advice: str) -> int:
    try:
        value = parse(text)
    except ValueError as error:
        raise BadInput("not_a_number", advice) from error
    except OverflowError as error:
        raise BadInput("out_of_range", "Use at most two decimals and a smaller number.") from error
    if not 0 <= value <= most:
        raise BadInput("out_of_range", f"Use a number from 0 to {most // 100}.")
    return value


def quantity(text: str) -> int:
    """Return sale units from 1 to a million."""
    try:
        return parse_quantity(text)
    except ValueError as error:
        raise BadInput("not_a_number", "Write a whole number in the digits 0 to 9.") from error
    except OverflowError as error:
        raise BadInput("out_of_range", f"Use a whole number from 1 to {MAX_QUANTITY}.") from error


def limit(text: str) -> int:
    """Return sale units from 0 to a thousand million."""
    if not _WHOLE.fullmatch(text):
        raise BadInput("not_a_number", "Write a whole number in the digits 0 to 9.")
    # The length is looked at first: Python refuses to convert texts of thousands of digits.
    if len(text) > 10 or not 0 <= int(text) <= 10**9:
        raise BadInput("out_of_range", "Use a whole number from 0 to 1000000000.")
    return int(text)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """Return an aware UTC moment; without an offset the text is local to the zone."""
    try:
        return parse_moment(text, zone)
    except (ValueError, OverflowError) as error:
        raise _unreadable(text, "Write a date and time as 2026-11-22 20:00.") from error


def day(text: str) -> date:
    """Return a date; a spreadsheet's midnight after it is ignored."""
    try:
        return parse_date(_MIDNIGHT.sub("", text))
    except ValueError as error:
        raise _unreadable(text, "Write a date as 2026-11-22.") from error


def _unreadable(text: str, advice: str) -> BadInput:
    # What looks like a date names a day or an hour that does not exist.
    return BadInput("out_of_range" if _LIKE_A_DATE.match(text) else "not_a_number", advice)


def mobile(text: str) -> str:
    """Return a mobile number as eleven ASCII digits."""
    normal = normalise_phone(text)
    if normal is None:
        raise _no_phone(text, "Write a mobile number of eleven digits that begins with 1.")
    return normal


def any_phone(text: str) -> str:
    """Return a mobile number as eleven digits, or a landline as it came but for its digits' width."""
    plain = unicodedata.normalize("NFKC", text)
    if _phone_digits(plain) and 5 <= len(_phone_digits(plain)) <= 20:
        return normalise_phone(text) or plain
    raise _no_phone(text, "Write a telephone number in digits.")


def _no_phone(text: str, advice: str) -> BadInput:
    return BadInput("out_of_range" if _phone_digits(text) else "not_a_number", advice)


def _phone_digits(text: str) -> str:
    """Return the digits of what may be a telephone number, nothing for other text."""
    plain = re.sub(r"[\s()+-]", "", unicodedata.normalize("NFKC", text)).removesuffix(".0")
    return plain if plain.isascii() and plain.isdigit() else ""


def email(text: str) -> str:
    """Return a mail address."""
    if not _EMAIL.fullmatch(text):
        raise BadInput("out_of_range", "Write one mail address, such as name@example.com.")
    return text


def flag(text: str) -> bool:
    """Return yes or no."""
    if text.lower() not in YES + NO:
        raise BadInput("out_of_range", "Write 1 or 0, yes or no, 是 or 否.")
    return text.lower() in YES


def shelf_place(text: str) -> str:
    """Return a place on a shelf."""
    check_shelf_place(text)
    return text


def temperature_zone(text: str) -> str:
    """Return the Chinese word for a temperature zone."""
    if text.lower() not in TEMPERATURE_ZONES:
        raise BadInput("out_of_range", "Write 常温, 冷藏 or 冷冻 (ambient, chilled or frozen).")
    return TEMPERATURE_ZONES[text.lower()]
