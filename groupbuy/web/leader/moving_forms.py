"""The forms of moving in: the workbook, and what is taken over of it."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField
from wtforms.validators import Length

from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import lazy_gettext as _l

MAX_FILE = 20 * 1024 * 1024
MOST = 2_000


class UploadForm(PageForm):
    """The export workbook, and what becomes of its orders."""

    file = FileField(_l("Export workbook (.xlsx)"), validators=[FileRequired(_l("Choose a file."))])
    round = SelectField(_l("What to take over"))


class ProductRow(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What becomes of a product."""

    at = HiddenField()
    choice = SelectField(_l("Our product"), validate_choice=False)


class PersonRow(Form):  # type: ignore[misc]  # As above.
    """A resident to take in, to be corrected."""

    at = HiddenField()
    use = BooleanField(_l("Take in"))
    name = StringField(_l("Name"), validators=[Length(max=30)])
    phone = StringField(_l("Mobile number"), validators=[Length(max=30)])
    room = StringField(_l("Building and room"), validators=[Length(max=40)])


class OrderRow(Form):  # type: ignore[misc]  # As above.
    """Whether an order is taken over."""

    at = HiddenField()
    use = BooleanField(_l("Take the order over"))


class MovingForm(PageForm):
    """All of it; ``at`` is the place of each row in the workbook."""

    products = FieldList(FormField(ProductRow), max_entries=MOST)
    people = FieldList(FormField(PersonRow), max_entries=MOST)
    orders = FieldList(FormField(OrderRow), max_entries=MOST)
    paid = BooleanField(_l("They are paid: note the orders as paid"))


def by_place(rows: Any) -> dict[int, Any]:
    """Return the rows of a list by their place; a place that is no number is left out."""
    texts = [(row.form.at.data or "", row.form) for row in rows]
    return {int(text): form for text, form in texts if text.isascii() and text.isdigit() and len(text) < 6}
