"""Which communities and leaders a member of the staff deals with."""

import re

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from groupbuy.accounts import queries
from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.http import rights
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders import limiting
from groupbuy.leaders.models import Community
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

ALL, CHOSEN = "all", "chosen"
_SEPARATORS = re.compile(r"[\s,，、;；]+")


class LimitForm(PageForm):
    """All leaders, or those of some communities and some others."""

    reach = RadioField(
        _l("Deals with"),
        choices=[
            SelectChoice(ALL, _l("All leaders")),
            SelectChoice(CHOSEN, _l("Only the leaders chosen below")),
        ],
        description=_l("It acts at once. Only orders, residents, leaders and sheets stay open then."),
    )
    communities = Boxes(_l("Communities"), description=_l("With all leaders that they have and will get."))
    leaders = TextAreaField(
        _l("Codes of other leaders"),
        validators=[Length(max=10_000)],
        description=_l("One a line, or with commas between."),
    )


@blueprint.route("/users/<int:account_id>/limits", methods=["GET", "POST"])
def users_limits(account_id: int) -> ResponseReturnValue:
    """Show and change which leaders somebody of the staff deals with."""
    account = _limitable(account_id)
    form = _form(account_id)

    def store() -> None:
        account, now, who = _limitable(account_id), utc_now(), actor().name
        if form.reach.data == ALL:
            limiting.lift_limit(account=account, now=now, actor=who)
        else:
            names, codes = form.communities.data or [], _codes(form.leaders.data)
            limiting.limit_to(account=account, communities=names, leaders=codes, now=now, actor=who)

    return saving.answer(
        form,
        store,
        title=_("Whom %(name)s deals with", name=account.name),
        back=(url_for("admin.users_detail", account_id=account_id), account.name),
    )


def _limitable(account_id: int) -> Account:
    """Return an account with a role that can be limited; raise NotFound."""
    account = queries.get_account(account_id)
    if not rights.is_limitable(queries.roles_of(account_id)):
        raise NotFound("unknown_account", "There is no such account.")
    return account


def _form(account_id: int) -> LimitForm:
    limit = limiting.limit_of(account_id)
    now = {"reach": ALL} if limit is None else {"reach": CHOSEN, "communities": [*limit.communities]}
    form = LimitForm(**now, leaders="\n".join(limit.leaders) if limit else "")
    names = db.session.scalars(select(Community.name).order_by(Community.name))
    form.communities.choices = [SelectChoice(name, name) for name in names]
    return form


def _codes(text: str | None) -> list[str]:
    return [code for code in _SEPARATORS.split(text or "") if code]
