"""Files that are looked at before what they say is done: sent, checked, given back with their faults."""

from collections.abc import Callable, Sequence
from pathlib import Path

from flask import redirect
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired

from groupbuy.documents import marking, xlsx
from groupbuy.documents.faults import Fault
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.kit.uploads import keep

MAX_FILE = 20 * 1024 * 1024
SHOWN_FAULTS = 50


class FileForm(PageForm):
    """Ask for a file."""

    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Choose a file."))],
        description=_l("A workbook (.xlsx) or CSV in UTF-8, up to 20 MB."),
    )


def taken(form: FileForm, address: Callable[[str], str]) -> ResponseReturnValue | None:
    """Keep the file that a form brings and go where it is looked at; None where there is none to keep."""
    if not form.validate_on_submit():
        return None
    content = form.file.data.read(MAX_FILE + 1)
    if len(content) <= MAX_FILE:
        return redirect(address(keep(content, form.file.data.filename or "")), 303)
    form.file.errors = [_("The file is larger than 20 MB.")]
    return None


def name_of(path: Path) -> str:
    """Return the name under which a kept file was sent."""
    return path.name.partition("_")[2]


def marked(path: Path, faults: Sequence[Fault], name: str) -> ResponseReturnValue:
    """Give a kept file back with what is wrong marked in it, in the reader's language."""
    content = marking.mark_up(path.read_bytes(), in_words(faults), path.name)
    return attachment(content, name, xlsx.CONTENT_TYPE)


def in_words(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults in the reader's language."""
    return [fault._replace(message=translate_sentence(fault.message)) for fault in faults]
