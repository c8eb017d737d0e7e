"""Choosing in which role to act, for accounts that have several."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields import SelectChoice

from groupbuy.accounts import queries
from groupbuy.accounts.rules import ROLES
from groupbuy.http.identity import current_identity
from groupbuy.web.kit.i18n import pgettext
from groupbuy.web.signin import visit
from groupbuy.web.signin.blueprint import blueprint
from groupbuy.web.signin.forms import RoleForm


def role_name(role: str) -> str:
    """Return what a role is called in the reader's language."""
    names = {
        "operator": pgettext("role", "Operator"),
        "finance": pgettext("role", "Finance"),
        "warehouse": pgettext("role", "Warehouse"),
        "customer_service": pgettext("role", "Customer service"),
        "leader": pgettext("role", "Leader"),
        "supplier": pgettext("role", "Supplier"),
        "pickup_verifier": pgettext("role", "Pickup helper"),
        "resident": pgettext("role", "Resident"),
    }
    return names[role]


@blueprint.route("/role", methods=["GET", "POST"])
def choose_role() -> ResponseReturnValue:
    """Show the roles of whoever is signed in, and start a fresh session in the chosen one."""
    next_ = visit.own_path(request.values.get("next"))
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in", next=next_), 303)
    form = RoleForm()
    roles = sorted(queries.roles_of(identity.account_id), key=ROLES.index)
    form.role.choices = [SelectChoice(role, role_name(role)) for role in roles]
    if form.validate_on_submit():
        visit.enter(queries.get_account(identity.account_id), form.role.data)
        return redirect(next_ or visit.start_page(), 303)
    if request.method == "GET":
        form.next.data, form.role.data = next_, identity.role
    can_join = "resident" not in roles and visit.is_for_residents(next_)
    return render_template("signin/roles.html", form=form, can_join=can_join), 422 if form.errors else 200
