"""Two people edit the same thing: who saves second sees what the first one has changed, and decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from wtforms import HiddenField

from groupbuy.db import Base, db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.web.kit.forms import PageForm

VERSION = "version"
CHANGED = "changed_meanwhile"
Stands = Callable[[], object]


class SeenForm(PageForm):
    """A form that knows what was stored when it was shown."""

    seen = HiddenField()
    clashed = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else has changed: its label, what stands now, and what was typed here."""

    label: str
    stored: str
    typed: str


def note_seen(form: SeenForm, stands: Stands) -> None:
    """Note in a form that is shown, or shown again, what is stored."""
    row = stands()
    form.seen.data = _digest(_picture(form, row))
    if VERSION in form:
        form[VERSION].data = str(getattr(row, VERSION))


def refuse_stale(form: SeenForm, stands: Stands) -> None:
    """Raise RuleBroken ``changed_meanwhile`` when something else is stored than the form has seen.

    Called in the transaction that stores: nobody else changes the row before its commit. What has a version
    of its own is compared by its service; who sends no ``seen`` has looked at nothing.
    """
    if VERSION in form or not form.seen.data:
        return
    row = stands()
    if isinstance(row, Base):
        db.session.refresh(row, with_for_update=True)
    if form.seen.data != _digest(_picture(form, row)):
        raise RuleBroken(CHANGED, "Somebody has changed this since you opened it.")


def differences(form: SeenForm, stands: Stands) -> list[Difference]:
    """Return the fields in which what is stored differs from what was typed."""
    stored, typed = _words(_fresh(form, stands())), _words(form)
    return [
        Difference(label, stored[name][1], text)
        for name, (label, text) in typed.items()
        if stored[name][1] != text
    ]


def _fresh(form: SeenForm, row: object) -> SeenForm:
    """Return the same form as it would be shown now, with the choices of the one at hand."""
    fresh = type(form)(formdata=None, obj=row)
    for field in fresh:
        if hasattr(field, "choices"):
            field.choices = form[field.name].choices
    return fresh


def _picture(form: SeenForm, row: object) -> Mapping[str, str]:
    fresh = type(form)(formdata=None, obj=row)
    return {field.name: str(field.data or "") for field in fresh if field.name not in ("csrf_token", "seen")}


def _digest(picture: Mapping[str, str]) -> str:
    return sha256(repr(sorted(picture.items())).encode()).hexdigest()[:32]


def _words(form: SeenForm) -> dict[str, tuple[str, str]]:
    """Return label and text of each field that people see."""
    hidden = ("HiddenField", "CSRFTokenField", "FileField")
    return {field.name: (str(field.label.text), _word(field)) for field in form if field.type not in hidden}


def _word(field: object) -> str:
    data = getattr(field, "data", None)
    named = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", None) or ()}
    text = getattr(field, "_value", None)
    if named:
        return named.get(str(data if data is not None else 0), "")
    if isinstance(data, bool):
        return "✓" if data else "–"
    return str(text() if text is not None else data or "").strip()
