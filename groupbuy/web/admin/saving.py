"""A form that saves something: show it, store it in a transaction, say what is wrong beside the field."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from wtforms import FieldList

from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.admin.conflicts import (
    CHANGED,
    Difference,
    SeenForm,
    Stands,
    differences,
    note_seen,
    refuse_stale,
)
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
    done: str | Callable[[], str] = "",
    then: str = "",
    stands: Stands | None = None,
    **values: Any,
) -> ResponseReturnValue:
    """Show the form, or store what was sent and go back; ``then`` is another place to go.

    ``done`` says what was done, after it was.

    ``stands`` returns what is stored now. With it, and a form that is a ``SeenForm``, nobody saves
    unknowingly over what somebody else has changed in the meantime: 409, and what differs.
    """
    if form.validate_on_submit() and stored(form, store, stands=stands):
        flash((done() if callable(done) else done) or _("Saved."), "ok")
        return redirect(then or back[0], 303)
    clash = conflict_of(form, stands)
    page = render_template(template, form=form, title=title, back=back, conflict=clash, **values)
    return page, 409 if clash is not None else 422 if form.errors else 200


def stored(form: PageForm, store: Callable[[], object], *, stands: Stands | None = None) -> bool:
    """Store in a transaction, again where the database asks for it; False when that was refused.

    The reason then stands in the form.
    """

    def work() -> None:
        if stands is not None and isinstance(form, SeenForm):
            refuse_stale(form, stands)
        store()

    try:
        in_transaction(work)
    except GroupbuyError as error:
        if error.code == CHANGED and isinstance(form, SeenForm):
            form.clashed = True
        blame(form, error)
        return False
    return True


def conflict_of(form: PageForm, stands: Stands | None) -> list[Difference] | None:
    """Return what differs where somebody else was quicker; saving once more is then done knowingly."""
    if stands is None or not isinstance(form, SeenForm):
        return None
    clash = differences(form, stands) if form.clashed else None
    if clash is not None or not form.is_submitted():
        note_seen(form, stands)
    return clash


def blame(form: PageForm, error: GroupbuyError) -> None:
    """Put an error beside the field that it names, else above the form, as for a list of rows."""
    sentence = sentence_of(error)
    name = error.param or ""
    # What is kept in fen or basis points is asked for in yuan or percent.
    field = form._fields.get(name) or form._fields.get(name.removesuffix("_fen").removesuffix("_bp"))
    if field is None or isinstance(field, FieldList):
        form.form_errors.append(sentence)
    else:
        field.errors = [*field.errors, sentence]


def sentence_of(error: GroupbuyError) -> str:
    """Return what an error says, in the reader's language."""
    return translate_sentence(error.message)


def texts(form: PageForm, *names: str) -> Mapping[str, str | None]:
    """Return texts of a form, trimmed; an empty one is none."""
    return {name: (form[name].data or "").strip() or None for name in names}
