"""Leaders: all of them, and the page of one."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from groupbuy.commissions.models import CommissionEntry
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders import applying, managing, rules
from groupbuy.leaders.models import Community, Leader, LeaderLevel
from groupbuy.leaders.queries import get_leader, matching
from groupbuy.members.models import Resident
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint, my_leaders, within
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import ClockField, WholeField, YuanField
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    asked_id,
    by_state,
    in_state,
    show,
)
from groupbuy.web.admin.orders import note_view
from groupbuy.web.admin.products import pairs
from groupbuy.web.degrees import DegreesField
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.reach import may_visit

TEXTS = ("email", "address", "route")


class LeaderForm(SeenForm):
    """What can be changed about a leader."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    email = StringField(
        _l("Mail"),
        validators=[
            Length(max=200),
            Regexp(r"^\s*$|^[^@\s]+@[^@\s]+$", message=_l("This is no mail address.")),
        ],
        description=_l("Sheets go here by mail after the close."),
    )
    community_id = SelectField(_l("Community"), coerce=int)
    level_id = SelectField(_l("Level"), coerce=int)
    address = StringField(_l("Pickup point"), validators=[Length(max=200)])
    route = StringField(_l("Delivery route"), validators=[Length(max=60)])
    pickup_hours = StringField(_l("Pickup hours"), validators=[InputRequired(), Length(max=60)])
    bag_capacity = WholeField(
        _l("Bags per pickup day"),
        validators=[Optional(), NumberRange(min=1)],
        description=_l("Residents whose goods find room on a day. Empty: any number."),
    )
    goods_from_min = ClockField(
        _l("Takes goods from"),
        validators=[Optional()],
        description=_l("Proposed tours arrive between these times, such as 08:30. Empty: at any time."),
    )
    goods_until_min = ClockField(_l("Takes goods until"), validators=[Optional()])
    door_fee_fen = YuanField(
        _l("Fee to the door (yuan)"),
        validators=[Optional()],
        description=_l("For an order that the leader brings. Empty: this leader does not."),
    )
    latitude_e6 = DegreesField(
        _l("Latitude"),
        validators=[Optional()],
        description=_l("In degrees, such as 30.274100; residents find the nearest pickup point by it."),
    )
    longitude_e6 = DegreesField(_l("Longitude"), validators=[Optional()])


def leader_page(row: Any) -> str:
    """Return the address of a leader's page."""
    return url_for("admin.leaders_detail", code=row.Leader.code)


def _sheets_page(row: Any) -> str:
    return url_for("admin.leaders_sheets", code=row.Leader.code)


COLUMNS = (
    Column(_l("Item code"), lambda row: row.Leader.code, "code", leader_page),
    Column(_l("Leader"), lambda row: row.Leader.name, "name", sort="name"),
    Column(_l("Phone"), lambda row: mask_phone(row.Leader.phone), "code"),
    Column(_l("Community"), lambda row: row.community, width=20),
    Column(_l("Pickup point"), lambda row: row.Leader.address, width=24),
    Column(_l("Route"), lambda row: row.Leader.route),
    Column(_l("Residents"), lambda row: row.residents, "number", lambda row: _residents(row)),
    Column(_l("State"), lambda row: row.Leader.state, "state:leader"),
)


def _residents(row: Any) -> str:
    return url_for("admin.residents", leader=row.Leader.id)


@blueprint.get("/leaders")
def leaders() -> ResponseReturnValue:
    """List leaders."""
    filters = [
        Filter("q", _("Name, code, phone tail or route")),
        by_state("leader"),
        Filter("community", _("Community"), _my_communities(), _("All communities")),
    ]
    listing = Listing(
        "leaders",
        _("Leaders"),
        _statement(),
        COLUMNS,
        filters=[one for one in filters if one.choices or one.name == "q"],
        sorts={"name": Leader.name},
        actions=((_("Details"), leader_page), (_("Sheets"), _sheets_page)),
        personal=True,
    )
    empty = _("Leaders appear here when they apply, or when you import them from a workbook.")
    new = (url_for("admin.products_import", kind="leaders"), _("Import leaders"))
    return show(listing, tabs=tabs("admin.leaders"), empty_text=empty, new=new)


def _statement() -> Select[*tuple[Any, ...]]:
    count = select(func.count()).where(Resident.leader_id == Leader.id).scalar_subquery()
    statement = (
        select(Leader, Community.name.label("community"), count.label("residents"))
        .outerjoin(Community, Community.id == Leader.community_id)
        .where(*within(Leader.id), *in_state(Leader.state))
        .order_by(Leader.code)
    )
    if text := asked("q"):
        statement = statement.where(matching(text))
    if community := asked_id("community"):
        statement = statement.where(Leader.community_id == community)
    return statement


def _my_communities() -> list[tuple[int, str]]:
    """Return (id, name) of the communities of the leaders that whoever asks deals with."""
    if my_leaders() is None:
        return pairs(Community)
    mine = select(Leader.community_id).where(*within(Leader.id))
    named = select(Community.id, Community.name).where(Community.id.in_(mine)).order_by(Community.name)
    return [(row.id, row.name) for row in db.session.execute(named)]


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages about leaders: address, name, and whether it is this one."""
    pages = (("admin.leaders", _("Leaders")), ("admin.levels", _("Levels of leaders")))
    return [(url_for(page), name, page == current) for page, name in pages if may_visit(page)]


@blueprint.route("/leaders/<code>", methods=["GET", "POST"])
def leaders_detail(code: str) -> ResponseReturnValue:
    """Show and change a leader."""
    get_leader(code)
    if request.method == "GET":
        note_view("leader", code)
    leader = get_leader(code)
    form = LeaderForm(obj=leader)
    none = SelectChoice(0, _("none"))
    form.community_id.choices = [none, *(SelectChoice(*pair) for pair in pairs(Community))]
    form.level_id.choices = [none, *(SelectChoice(*pair) for pair in pairs(LeaderLevel))]

    def store() -> None:
        values = _wanted(form)
        managing.edit_leader(leader=get_leader(code), values=values, now=utc_now(), actor=actor().name)

    residents = select(func.count()).where(Resident.leader_id == leader.id)
    earned = select(total(CommissionEntry.amount_fen)).where(CommissionEntry.leader_id == leader.id)
    return saving.answer(
        form,
        store,
        template="admin/leader.html",
        title=leader.name,
        back=(url_for("admin.leaders"), _("Leaders")),
        stands=lambda: get_leader(code),
        leader=leader,
        residents=db.session.scalar(residents),
        earned_fen=db.session.scalar(earned),
        application=applying.application_of(leader),
        moves=[state for state in rules.LeaderState if state in rules.DECISIONS[leader.state]],
    )


def _wanted(form: LeaderForm) -> dict[str, Any]:
    """Return what the form asks for, by column; raise BadInput."""
    rules.check_goods_hours(form.goods_from_min.data, form.goods_until_min.data)
    place = rules.check_place(form.latitude_e6.data, form.longitude_e6.data) or (None, None)
    return (
        dict(saving.texts(form, *TEXTS))
        | {"name": form.name.data.strip(), "pickup_hours": form.pickup_hours.data.strip()}
        | {name: form[name].data or None for name in ("community_id", "level_id", "bag_capacity")}
        | {name: form[name].data for name in ("door_fee_fen", "goods_from_min", "goods_until_min")}
        | {"latitude_e6": place[0], "longitude_e6": place[1]}
    )
