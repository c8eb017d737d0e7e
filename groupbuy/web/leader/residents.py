"""A leader's residents and helpers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, or_, select
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import enrolling
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.pickup.rules import door
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.paging import page_number
from groupbuy.web.leader.people import PersonForm

PAGE_SIZE = 30
MAX_TEXT = 60


class ResidentForm(PersonForm):
    """A resident to take in."""

    room = StringField(
        _l("Building and room"), validators=[InputRequired(_l("Such as 3-2-501.")), Length(max=40)]
    )


def residents_like(leader: Leader, text: str) -> Select[Resident]:
    """Return a selection of a leader's residents with a text in name, room, code or phone tail."""
    mine = select(Resident).where(Resident.leader_id == leader.id, Resident.active)
    if text := text.strip()[:MAX_TEXT]:
        found = [
            column.contains(text, autoescape=True)
            for column in (Resident.name, Resident.room, Resident.building, Resident.code)
        ]
        if text.isascii() and text.isdigit() and len(text) >= 4:
            found.append(Resident.phone.endswith(text, autoescape=True))
        mine = mine.where(or_(*found))
    return mine.order_by(Resident.building, Resident.room, Resident.name, Resident.id)


@blueprint.get("/residents")
@for_leaders
def residents() -> ResponseReturnValue:
    """Show the residents that order with this leader."""
    pages = db.paginate(
        residents_like(the_leader(), request.args.get("q", "")),
        page=page_number(),
        per_page=PAGE_SIZE,
        error_out=False,
    )
    return render_template("leader/residents.html", pages=pages, door=door)


@blueprint.get("/residents/new")
@for_leaders
def residents_new() -> ResponseReturnValue:
    """Ask for a resident to take in."""
    return render_template("leader/resident_new.html", form=ResidentForm())


@blueprint.post("/residents/new")
@for_leaders
def residents_new_post() -> ResponseReturnValue:
    """Take a resident in."""
    form = ResidentForm()
    if not form.validate():
        return render_template("leader/resident_new.html", form=form), 422
    try:
        in_transaction(
            lambda: enrolling.enrol(
                leader=the_leader(),
                phone=form.phone.data,
                name=form.name.data,
                room=form.room.data,
                now=utc_now(),
                actor=signed_in().actor,
            )
        )
    except GroupbuyError as error:
        form.phone.errors = [*form.phone.errors, translate_sentence(error.message)]
        return render_template("leader/resident_new.html", form=form), error.status
    flash(_("%(name)s can order with you now.", name=form.name.data), "ok")
    return redirect(url_for("leader.residents"), 303)
