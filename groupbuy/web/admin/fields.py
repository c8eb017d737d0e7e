"""Fields of operators' forms: yuan, whole numbers, days and moments, read as people type them."""

import re
from typing import Any

from wtforms import StringField
from wtforms.validators import Optional

from groupbuy.kernel.money import parse_percent, parse_yuan, plain_yuan
from groupbuy.kernel.times import parse_date, parse_moment
from groupbuy.kernel.width import half_width
from groupbuy.web.kit.filters import field_moment, zone
from groupbuy.web.kit.i18n import gettext as _

MAX_NUMBER = 1_000_000
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


class _TypedField(StringField):  # type: ignore[misc]  # WTForms ships no types.
    """A text read into a value, the text itself unless a field says otherwise.

    ``read`` raises ValueError with a sentence for people; what was typed then stays.
    """

    def process_formdata(self, valuelist: list[str]) -> None:
        text = half_width(valuelist[0]) if valuelist else ""
        self.data = self.read(text) if text else None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)

    def read(self, text: str) -> Any:
        """Return the value of a text."""
        return text

    def write(self, value: Any) -> str:
        """Return a value as its field shows it."""
        return str(value)


class YuanField(_TypedField):
    """An amount of yuan, kept as fen."""

    def read(self, text: str) -> int:
        plain = text.replace(",", "").removeprefix("¥").removesuffix("元").strip()
        try:
            fen = parse_yuan(plain)
        except (ValueError, OverflowError) as error:
            raise ValueError(_("An amount in yuan with at most two decimals, such as 9.90.")) from error
        if fen < 0:
            raise ValueError(_("An amount is not negative."))
        return fen

    def write(self, value: int) -> str:
        return plain_yuan(value)


class WholeField(_TypedField):
    """A whole number that is not negative."""

    def read(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 9) or int(text) > MAX_NUMBER:
            raise ValueError(_("A whole number up to %(most)s.", most=f"{MAX_NUMBER:,}"))
        return int(text)


class ClockField(_TypedField):
    """A time of the day, kept as minutes after midnight."""

    def read(self, text: str) -> int:
        match = _CLOCK.fullmatch(text)
        minutes = int(match[1]) * 60 + int(match[2]) if match else -1
        if match is None or int(match[2]) > 59 or minutes > 24 * 60:
            raise ValueError(_("A time such as 08:30."))
        return minutes

    def write(self, value: int) -> str:
        return f"{value // 60:02}:{value % 60:02}"


class PercentField(_TypedField):
    """A percentage, kept as basis points."""

    def read(self, text: str) -> int:
        try:
            rate = parse_percent(text.removesuffix("%").strip())
        except (ValueError, OverflowError) as error:
            raise ValueError(_("A percentage with at most two decimals, such as 8.5.")) from error
        if not 0 <= rate <= 10_000:
            raise ValueError(_("A percentage is between 0 and 100."))
        return rate

    def write(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02d}".rstrip("0").rstrip(".")


class DayField(_TypedField):
    """A day."""

    def read(self, text: str) -> Any:
        try:
            return parse_date(text)
        except ValueError as error:
            raise ValueError(_("A day such as 2026-11-22.")) from error

    def write(self, value: Any) -> str:
        return str(value.isoformat())


class MomentField(_TypedField):
    """A moment in the operator's zone."""

    def read(self, text: str) -> Any:
        try:
            return parse_moment(text, zone())
        except ValueError as error:
            raise ValueError(_("A day and time such as 2026-11-22 22:00.")) from error

    def write(self, value: Any) -> str:
        return field_moment(value)


def optional() -> list[Any]:
    """Return the validators of a field that may be left empty."""
    return [Optional()]
