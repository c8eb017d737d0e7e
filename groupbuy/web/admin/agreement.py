"""The agreement that leaders accept: written by operators, every version kept."""

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import agreement, rules
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class AgreementForm(PageForm):
    """The text, and the version that the operator saw."""

    seen = HiddenField()
    text = TextAreaField(
        _l("Text"),
        validators=[InputRequired(), Length(max=rules.MAX_AGREEMENT)],
        description=_l("Saving another text makes a new version; who agreed before stays with theirs."),
    )


@blueprint.route("/settings/agreement", methods=["GET", "POST"])
def settings_agreement() -> ResponseReturnValue:
    """Show the agreement in force, and put another one in force."""
    current = agreement.agreement_in_force()
    form = AgreementForm(text=current.text, seen=str(current.version))

    def store() -> None:
        seen = form.seen.data or ""
        agreement.write_agreement(
            text=form.text.data,
            seen=int(seen) if seen.isascii() and seen.isdigit() else 0,
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        title=_("Leaders' agreement, version %(version)s", version=current.version),
        back=(url_for("admin.settings"), _("Settings")),
    )
