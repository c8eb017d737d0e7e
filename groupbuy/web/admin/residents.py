"""Residents: masked in the list, in full on their page; that somebody looked is logged."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.members.queries import get_resident, matching
from groupbuy.orders.bulk import is_live
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order
from groupbuy.web.admin.blueprint import blueprint, my_leaders, within
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, asked_id, show
from groupbuy.web.admin.orders import note_view
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


def resident_page(row: Any) -> str:
    """Return the address of a resident's page."""
    return url_for("admin.residents_detail", code=row.Resident.code)


COLUMNS = (
    Column(_l("Item code"), lambda row: row.Resident.code, "code", resident_page),
    Column(_l("Resident"), lambda row: row.Resident.name, "name", sort="name"),
    Column(_l("Phone"), lambda row: mask_phone(row.Resident.phone), "code"),
    Column(_l("Building"), lambda row: row.Resident.building),
    Column(_l("Room"), lambda row: row.Resident.room),
    Column(_l("Leader"), lambda row: row.Leader.name, link=lambda row: _leader(row)),
    Column(_l("Orders"), lambda row: row.orders, "number"),
    Column(_l("Since"), lambda row: row.Resident.created_at, "moment", sort="since", width=17),
    Column(_l("Active"), lambda row: "yes" if row.Resident.active else "no", "state:shown"),
)


def _leader(row: Any) -> str:
    return url_for("admin.leaders_detail", code=row.Leader.code)


@blueprint.get("/residents")
def residents() -> ResponseReturnValue:
    """List residents."""
    filters = [
        Filter("q", _("Name, phone tail or room")),
        Filter("leader", _("Leader"), _my_leaders(), _("All leaders")),
    ]
    listing = Listing(
        "residents",
        _("Residents"),
        _statement(),
        COLUMNS,
        filters=[one for one in filters if one.choices or one.name == "q"],
        sorts={"name": Resident.name, "since": Resident.created_at},
        actions=((_("Details"), resident_page),),
        personal=True,
    )
    return show(listing, empty_text=_("Residents appear here when they sign in by a leader's link."))


def _statement() -> Select[*tuple[Any, ...]]:
    count = (
        select(func.count())
        .where(Order.resident_id == Resident.id, is_live(), *within(Order.leader_id))
        .scalar_subquery()
    )
    statement = (
        select(Resident, Leader, count.label("orders"))
        .join(Leader, Leader.id == Resident.leader_id)
        .where(*within(Resident.leader_id))
        .order_by(Resident.id.desc())
    )
    if text := asked("q"):
        statement = statement.where(matching(text))
    if leader := asked_id("leader"):
        statement = statement.where(Resident.leader_id == leader)
    return statement


def _my_leaders() -> list[tuple[int, str]]:
    mine = select(Leader.id, Leader.name).where(*within(Leader.id)).order_by(Leader.code).limit(500)
    return [(row[0], row[1]) for row in db.session.execute(mine)]


@blueprint.get("/residents/<code>")
def residents_detail(code: str) -> ResponseReturnValue:
    """Show a resident."""
    get_resident(code, leader_ids=my_leaders())
    note_view("resident", code)
    resident = get_resident(code, leader_ids=my_leaders())
    sums = select(func.count(), total(goods_fen())).where(Order.resident_id == resident.id, is_live())
    orders, amount = db.session.execute(sums.where(*within(Order.leader_id))).one()
    return render_template("admin/resident.html", resident=resident, orders=orders, amount_fen=amount)
