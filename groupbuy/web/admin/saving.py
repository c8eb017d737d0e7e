"""A form that saves something: show it, store it in a transaction, say what is wrong beside the field."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence


def answer(
    form: PageForm,
    store: Callable[[], object],
    *,
    title: str,
    back: tuple[str, str],
    template: str = "admin/form.html",
    done: str = "",
    then: str = "",
    **values: Any,
) -> ResponseReturnValue:
    """Show the form, or store what was sent and go back; ``then`` is another place to go."""
    if form.validate_on_submit() and stored(form, store):
        flash(done or _("Saved."), "ok")
        return redirect(then or back[0], 303)
    page = render_template(template, form=form, title=title, back=back, **values)
    return page, 422 if form.errors else 200


def stored(form: PageForm, store: Callable[[], object]) -> bool:
    """Store in a transaction, again where the database asks for it; False when that was refused.

    The reason then stands in the form.
    """
    try:
        in_transaction(store)
    except GroupbuyError as error:
        blame(form, error)
        return False
    return True


def blame(form: PageForm, error: GroupbuyError) -> None:
    """Put an error beside the field that it names, else above the form."""
    sentence = translate_sentence(error.message)
    field = form._fields.get(error.param or "")
    if field is None:
        form.form_errors.append(sentence)
    else:
        field.errors = [*field.errors, sentence]


def texts(form: PageForm, *names: str) -> Mapping[str, str | None]:
    """Return texts of a form, trimmed; an empty one is none."""
    return {name: (form[name].data or "").strip() or None for name in names}
