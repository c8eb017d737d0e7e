"""Where somebody is signed in, for every role: look, and end what is not one's own any more."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.accounts import sessions
from groupbuy.db.transaction import in_transaction
from groupbuy.http.identity import Identity, current_identity
from groupbuy.kernel.clock import utc_now
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.roles import role_name

MAX_ID_DIGITS = 15


@blueprint.route("/devices", methods=["GET", "POST"])
def devices() -> ResponseReturnValue:
    """List the browsers that are signed in; end one of them, or all but this one."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in", next=url_for("signin.devices")), 303)
    form = PageForm()
    if form.validate_on_submit():
        return _end(identity, request.form.get("session", ""))
    found = sessions.open_sessions(
        account_id=identity.account_id, secret=identity.session_secret, now=utc_now()
    )
    page = render_template(
        "signin/devices.html", sessions=found, role_name=role_name, back=visit.start_page()
    )
    return page, 422 if form.errors else 200


def _end(identity: Identity, chosen: str) -> ResponseReturnValue:
    """End the chosen session; without a choice all but the one that asks."""
    now, account_id, actor = utc_now(), identity.account_id, identity.actor.name
    if chosen:
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) <= MAX_ID_DIGITS else 0
        in_transaction(
            lambda: sessions.end_session(account_id=account_id, session_id=number, now=now, actor=actor)
        )
        flash(_("This device is signed out."), "ok")
    else:
        secret = identity.session_secret or ""
        in_transaction(
            lambda: sessions.end_others(account_id=account_id, secret=secret, now=now, actor=actor)
        )
        flash(_("All other devices are signed out."), "ok")
    return redirect(url_for("signin.devices"), 303)
