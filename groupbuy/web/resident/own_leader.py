"""A resident changes to another leader."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import queries as leaders
from groupbuy.leaders.models import Leader
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident
from groupbuy.web.resident.place import asked_place

MOST_LEADERS = 100


class LeaderForm(PageForm):
    """Another leader, by code."""

    code = StringField(_l("Leader's code"), validators=[InputRequired(_l("Type the code.")), Length(max=64)])


@blueprint.get("/me/leader")
@for_residents
def me_leader() -> ResponseReturnValue:
    """Ask which leader, then ask once more and say what it means."""
    resident, code = the_resident(), request.args.get("code", "").strip()
    form = LeaderForm(data={"code": code}, meta={"csrf": False})
    wanted = leaders.find_active(code)
    if wanted is not None and wanted.id != resident.leader_id:
        return _ask(resident, wanted)
    if code:
        mine = wanted is not None
        form.code.errors = [_("This is your leader already.") if mine else _("There is no such leader.")]
    found = leaders.nearby_leaders(asked_place(), most=MOST_LEADERS)
    choices = [one for one in found if one.leader.id != resident.leader_id]
    return render_template(
        "resident/leader.html",
        resident=resident,
        form=form,
        choices=choices,
        located=any(one.metres is not None for one in choices),
    )


def _ask(resident: Resident, wanted: Leader) -> ResponseReturnValue:
    return ask_first(
        "resident",
        _("Change to %(leader)s?", leader=wanted.name),
        [
            _("It counts from the next round on, that is for rounds that open after now."),
            _(
                "Rounds that are open now, and all your orders, stay with %(leader)s.",
                leader=resident.leader.name,
            ),
            _("You then pick up at: %(place)s", place=wanted.address or wanted.name),
        ],
        deed=_("Change the leader"),
        back=url_for("resident.me"),
        action=url_for("resident.me_leader_post"),
        fields={"code": wanted.code},
    )


@blueprint.post("/me/leader")
@for_residents
def me_leader_post() -> ResponseReturnValue:
    """Change the leader from the next round on."""
    wanted = leaders.find_active(request.form.get("code"))
    if wanted is None:
        flash(_("There is no such leader."), "bad")
        return redirect(url_for("resident.me_leader"), 303)
    leader_id, name = wanted.id, wanted.name
    in_transaction(
        lambda: members.change_leader(
            resident=the_resident(),
            leader=db.session.get_one(Leader, leader_id),
            now=utc_now(),
            actor=signed_in().actor.name,
        )
    )
    flash(_("From the next round on your leader is %(leader)s.", leader=name), "ok")
    return redirect(url_for("resident.me"), 303)
