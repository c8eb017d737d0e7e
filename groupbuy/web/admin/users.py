"""Users and their roles."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.accounts import managing, queries, second_factor
from groupbuy.accounts.rules import ROLES, STAFF_ROLES
from groupbuy.db.transaction import in_transaction
from groupbuy.http.rights import is_limitable
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders import limiting
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, page_of, show
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.signin.phone import DONE, answer_form, page_values
from groupbuy.web.signin.roles import role_name

# What can be given by hand; a leader, a resident or a supplier also needs a profile.
GRANTED = STAFF_ROLES


class UserForm(PageForm):
    """A member of the staff."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    phone = StringField(_l("Mobile number"), validators=[InputRequired(), Length(max=20)])
    role = SelectField(_l("Role"))
    password = PasswordField(
        _l("First password"),
        validators=[Length(max=128)],
        description=_l("8 characters or more; empty: sign in with a code by text message."),
    )


def user_page(row: Any) -> str:
    """Return the address of a user's page."""
    return url_for("admin.users_detail", account_id=row.id)


@blueprint.get("/users")
def users() -> ResponseReturnValue:
    """List accounts, staff first unless another role is asked for."""
    role, text = asked("role"), asked("q")
    wanted = role if role in ROLES else "all" if role == "all" or text else "staff"
    statement: Any = queries.accounts(role=wanted, text=text)
    listing = Listing("users", _("Users and roles"), statement, (), scalars=True, personal=True)
    ids = None if "export" in request.args else [account.id for account in page_of(listing).items]
    roles = queries.roles_by_account(ids)
    columns = (
        Column(_l("Name"), lambda row: row.name, "name", user_page),
        Column(_l("Phone"), lambda row: mask_phone(row.phone), "code"),
        Column(_l("Roles"), lambda row: "、".join(role_name(one) for one in roles.get(row.id, [])), width=24),
        Column(_l("State"), lambda row: "active" if row.active else "disabled", "state:account"),
        Column(_l("Since"), lambda row: row.created_at, "moment", width=17),
    )
    choices = [("all", _("All accounts")), *((role, role_name(role)) for role in ROLES)]
    listing = Listing(
        "users",
        _("Users and roles"),
        statement,
        columns,
        filters=(Filter("q", _("Name or phone tail")), Filter("role", _("Role"), choices, _("Staff"))),
        actions=((_("Details"), user_page),),
        personal=True,
        scalars=True,
    )
    return show(listing, new=(url_for("admin.users_new"), _("New user")))


@blueprint.route("/users/new", methods=["GET", "POST"])
def users_new() -> ResponseReturnValue:
    """Make a member of the staff, or give an account a role."""
    form = UserForm()
    form.role.choices = [SelectChoice(role, role_name(role)) for role in GRANTED]

    def store() -> None:
        managing.add_staff(
            phone=form.phone.data,
            name=form.name.data.strip(),
            role=form.role.data,
            password=form.password.data,
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form, store, title=_("New user"), back=(url_for("admin.users"), _("Users and roles"))
    )


@blueprint.get("/users/<int:account_id>")
def users_detail(account_id: int) -> ResponseReturnValue:
    """Show an account and its roles."""
    account = queries.get_account(account_id)
    held = sorted(queries.roles_of(account_id), key=ROLES.index)
    return render_template(
        "admin/user.html",
        account=account,
        held=held,
        free=[role for role in GRANTED if role not in held],
        granted=GRANTED,
        limitable=is_limitable(held),
        limit=limiting.limit_of(account_id),
        role_name=role_name,
        factor=second_factor.is_on(account_id),
    )


@blueprint.post("/users/<int:account_id>/roles")
def users_roles(account_id: int) -> ResponseReturnValue:
    """Give or take a role."""
    role, give = request.form.get("role", ""), request.form.get("do") == "give"
    if role in GRANTED:
        change, who = managing.give_staff_role if give else managing.take_staff_role, actor().name
        in_transaction(
            lambda: change(account=queries.get_account(account_id), role=role, now=utc_now(), actor=who)
        )
        flash(_("The role has been given.") if give else _("The role has been taken away."), "ok")
    return redirect(url_for("admin.users_detail", account_id=account_id), 303)


@blueprint.post("/users/<int:account_id>/factor")
def users_factor(account_id: int) -> ResponseReturnValue:
    """Switch the second factor of somebody off who has lost phone and recovery codes."""
    who = actor().name
    in_transaction(
        lambda: second_factor.remove(account_id=queries.get_account(account_id).id, now=utc_now(), actor=who)
    )
    flash(_("The second factor is switched off."), "ok")
    return redirect(url_for("admin.users_detail", account_id=account_id), 303)


@blueprint.route("/users/<int:account_id>/phone", methods=["GET", "POST"])
def users_phone(account_id: int) -> ResponseReturnValue:
    """Change the number of somebody who reads out the code that was sent to the new one."""
    account = queries.get_account(account_id)
    form, status = answer_form(account_id, actor().name)
    if status == DONE:
        flash(_("The number is changed."), "ok")
        return redirect(url_for("admin.users_detail", account_id=account_id), 303)
    values = page_values(account_id, "admin.users_phone", account_id=account_id)
    return render_template("admin/user_phone.html", account=account, form=form, **values), status


@blueprint.post("/users/<int:account_id>/active")
def users_active(account_id: int) -> ResponseReturnValue:
    """Disable an account or let it in again."""
    active, who = request.form.get("active") == "1", actor().name
    in_transaction(
        lambda: managing.set_active(
            account=queries.get_account(account_id), active=active, now=utc_now(), actor=who
        )
    )
    flash(
        _("The account can sign in again.") if active else _("The account is disabled and signed out."), "ok"
    )
    return redirect(url_for("admin.users_detail", account_id=account_id), 303)
