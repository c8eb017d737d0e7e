"""A field for degrees of latitude or longitude, kept in millionths."""

import unicodedata

from wtforms import StringField

from groupbuy.leaders.rules import format_degrees, parse_degrees
from groupbuy.web.kit.i18n import gettext as _


class DegreesField(StringField):  # type: ignore[misc]  # WTForms ships no types.
    """A number of degrees; what was typed stays when it cannot be read."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = unicodedata.normalize("NFKC", valuelist[0]).strip().removesuffix("°") if valuelist else ""
        try:
            self.data = parse_degrees(text) if text else None
        except ValueError as error:
            raise ValueError(_("A number of degrees such as 30.274100.")) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format_degrees(self.data)
