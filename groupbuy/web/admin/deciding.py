"""Yes or no to something that waits: the links in a list, and the page that asks first."""

from collections.abc import Callable, Sequence
from typing import Any

from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.web.admin import saving
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

REJECT = "reject"


class PlainForm(PageForm):
    """A decision that needs no words."""


class WhyForm(PageForm):
    """A refusal."""

    reason = StringField(_l("Reason, shown to the leader"), validators=[InputRequired(), Length(max=200)])


class ReasonForm(PageForm):
    """Why money goes back or stays."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])


def links(
    yes: tuple[str, Any], address: Callable[[Any, str], str | None]
) -> Sequence[tuple[Any, Callable[[Any], str | None]]]:
    """Return the actions of a list whose rows wait: ``yes`` is (deed, label); no is to reject.

    ``address`` returns where a row's deed is done, None for a row that waits no longer.
    """
    return tuple(
        (label, lambda row, deed=deed: address(row, deed)) for deed, label in (yes, (REJECT, _l("Reject")))
    )


def page(
    deed: str,
    yes: str,
    store: Callable[[str], object],
    *,
    why: type[PageForm],
    about: str,
    back: tuple[str, str],
    **values: Any,
) -> ResponseReturnValue:
    """Ask before a decision, for a reason where it rejects; ``store`` gets the reason, "" for a yes."""
    form = why() if deed == REJECT else PlainForm()
    label = _("Reject") if deed == REJECT else yes
    return saving.answer(
        form,
        lambda: store(form["reason"].data or "" if "reason" in form else ""),
        title=f"{label}: {about}",
        back=back,
        deed=label,
        **values,
    )
