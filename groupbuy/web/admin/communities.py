"""Communities and pickup points."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import managing
from groupbuy.leaders.models import Community, Leader
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    searched,
    show,
)
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class CommunityForm(SeenForm):
    """A community."""

    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=100)])
    address = StringField(_l("Address"), validators=[Length(max=200)])


COLUMNS = (
    Column(_l("Community"), lambda row: row.name, "name", sort="name", width=24),
    Column(_l("Address"), lambda row: row.address, width=30),
    Column(_l("Leaders"), lambda row: row.leaders, "number", lambda row: _leaders(row)),
)


def _leaders(row: Any) -> str:
    return url_for("admin.leaders", community=row.id)


@blueprint.get("/communities")
def communities() -> ResponseReturnValue:
    """List communities."""
    count = select(func.count()).where(Leader.community_id == Community.id).scalar_subquery()
    statement = select(Community.id, Community.name, Community.address, count.label("leaders"))
    statement = statement.where(*searched(Community.name, Community.address))
    listing = Listing(
        "communities",
        _("Communities and pickup points"),
        statement.order_by(Community.name),
        COLUMNS,
        filters=(Filter("q", _("Name or address")),),
        sorts={"name": Community.name},
        actions=((_("Edit"), lambda row: url_for("admin.communities_edit", row_id=row.id)),),
    )
    new = (url_for("admin.communities_edit"), _("New community"))
    return show(listing, new=new, empty_text=_("Make a community; leaders are assigned to it."))


@blueprint.route("/communities/new", methods=["GET", "POST"], defaults={"row_id": None})
@blueprint.route("/communities/<int:row_id>", methods=["GET", "POST"])
def communities_edit(row_id: int | None) -> ResponseReturnValue:
    """Make or change a community."""
    form = CommunityForm(obj=None if row_id is None else db.session.get(Community, row_id))

    def store() -> None:
        values = {"name": form.name.data.strip()} | dict(saving.texts(form, "address"))
        managing.save_community(community_id=row_id, values=values, now=utc_now(), actor=actor().name)

    def stands() -> Community | None:
        return None if row_id is None else db.session.get(Community, row_id)

    back = (url_for("admin.communities"), _("Communities"))
    return saving.answer(form, store, title=_("Community"), back=back, stands=stands)
