"""What is kept about a resident: shown, taken along, or left behind with the account."""

import json

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField
from wtforms.validators import InputRequired

from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.xlsx import write_xlsx
from groupbuy.flows import leaving
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident
from groupbuy.web.resident.own_sheets import sheets_of
from groupbuy.web.signin import visit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class LeaveForm(PageForm):
    """Delete the account."""

    sure = BooleanField(
        _l("I understand that this cannot be undone"),
        validators=[InputRequired(_l("Please tick the box to go on."))],
    )


@blueprint.get("/me/data")
@for_residents
def me_data() -> ResponseReturnValue:
    """Say what is kept, and offer to take it along or to leave."""
    return render_template("resident/data.html", resident=the_resident())


@blueprint.post("/me/data")
@for_residents
def me_data_post() -> ResponseReturnValue:
    """Download what is kept, as a workbook or for programs; it is logged, so it is no GET."""
    identity = signed_in()
    data = in_transaction(
        lambda: leaving.own_data(account_id=identity.account_id, now=utc_now(), actor=identity.actor.name)
    )
    if request.form.get("format") == "json":
        text = json.dumps(data, ensure_ascii=False, indent=2)
        return _file(text.encode(), "application/json", "groupbuy-my-data.json")
    settings: Settings = current_app.extensions["groupbuy_settings"]
    return _file(write_xlsx(sheets_of(data, settings.timezone)), XLSX, "groupbuy-my-data.xlsx")


def _file(content: bytes, mime_type: str, name: str) -> Response:
    answer = Response(content, mimetype=mime_type)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


@blueprint.route("/me/leave", methods=["GET", "POST"])
@for_residents
def me_leave() -> ResponseReturnValue:
    """Delete the account, after asking."""
    form, identity = LeaveForm(), signed_in()
    if form.validate_on_submit():
        try:
            in_transaction(
                lambda: leaving.leave(
                    account_id=identity.account_id, now=utc_now(), actor=identity.actor.name
                )
            )
        except GroupbuyError as error:
            form.form_errors.append(translate_sentence(error.message))
        else:
            visit.leave()
            flash(_("Your account is deleted. Take care!"), "ok")
            return redirect(url_for("resident.home"), 303)
    return render_template("resident/leave.html", form=form), 422 if form.errors or form.form_errors else 200
