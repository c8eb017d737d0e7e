"""What forms share: our texts for WTForms' messages, a key against double sending, boxes to tick."""

import secrets

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from groupbuy.documents.catalogues import catalogue
from groupbuy.web.kit import i18n


class _Texts:
    """What WTForms asks for translations, answered from our catalogue in the request's language."""

    def gettext(self, text: str) -> str:
        return catalogue(i18n.current_language()).gettext(text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return catalogue(i18n.current_language()).ngettext(one, many, n)


class PageForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    """A form whose messages follow the language of the page."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # As above.
        def get_translations(self, form: object) -> _Texts:  # noqa: ARG002  # WTForms' signature.
            return _Texts()


class KeyedForm(PageForm):
    """A form that does its deed once however often it is sent.

    The key is made when the page is; the service keeps it under a unique constraint and gives the
    second sending the first answer.
    """

    submission_key = HiddenField(default=lambda: secrets.token_urlsafe(16))


class Boxes(SelectMultipleField):  # type: ignore[misc]  # As above.
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
