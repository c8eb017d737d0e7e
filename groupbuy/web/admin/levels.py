"""Levels of leaders: what each takes; they are reviewed on the first of each month."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.flows.levelling import last_month
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import levels as stored
from groupbuy.leaders.models import Leader, LeaderLevel
from groupbuy.leaders.rules import MAX_NAME
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import YuanField, optional
from groupbuy.web.admin.leaders import tabs
from groupbuy.web.admin.listing import Column, Listing, show
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("Level"), lambda row: row.name, "name", width=20),
    Column(_l("Turnover of a month from"), lambda row: row.min_month_fen, "money"),
    Column(_l("Leaders"), lambda row: row.leaders, "number"),
)


class LevelForm(SeenForm):
    """A level."""

    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=MAX_NAME)])
    min_month_fen = YuanField(
        _l("Turnover of a month from (yuan)"),
        validators=optional(),
        description=_l(
            "On the first of each month leaders rise to the level that the last month reached, and fall by"
            " one at most. Left empty, the level is given by hand and stays."
        ),
    )


@blueprint.get("/levels")
def levels() -> ResponseReturnValue:
    """List the levels, the lowest turnover first."""
    count = select(func.count()).where(Leader.level_id == LeaderLevel.id).scalar_subquery()
    statement = select(LeaderLevel.id, LeaderLevel.name, LeaderLevel.min_month_fen, count.label("leaders"))
    listing = Listing(
        "leader-levels",
        _("Levels of leaders"),
        statement.order_by(LeaderLevel.min_month_fen, LeaderLevel.id),
        COLUMNS,
        actions=((_("Edit"), lambda row: _address(row)),),
    )
    new = (url_for("admin.levels_edit"), _("New level"))
    return show(
        listing,
        new=new,
        tabs=tabs("admin.levels"),
        empty_text=_("Make a level; rates of commission can be set for it."),
    )


def _address(row: Any) -> str:
    return url_for("admin.levels_edit", level_id=row.id)


@blueprint.route("/levels/new", methods=["GET", "POST"], defaults={"level_id": None})
@blueprint.route("/levels/<int:level_id>", methods=["GET", "POST"])
def levels_edit(level_id: int | None) -> ResponseReturnValue:
    """Make or change a level."""
    level = None if level_id is None else stored.get_level(level_id)
    form = LevelForm(obj=level)

    def store() -> None:
        now = utc_now()
        stored.save_level(
            level_id=level_id,
            name=form.name.data or "",
            min_month_fen=form.min_month_fen.data,
            last_month=last_month(now, zone()),
            now=now,
            actor=actor().name,
        )

    back = (url_for("admin.levels"), _("Levels of leaders"))
    return saving.answer(
        form,
        store,
        title=level.name if level else _("New level"),
        back=back,
        stands=None if level_id is None else lambda: stored.get_level(level_id),
    )
