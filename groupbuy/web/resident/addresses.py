"""A resident's several doors: add, edit, remove, choose which one bags go to."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import doors
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.members import addresses
from groupbuy.members.service import MAX_ROOM
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident


class AddressForm(PageForm):
    """A door."""

    room = StringField(
        _l("Building and room"),
        validators=[
            InputRequired(_l("Your building and room, so that your bag finds you.")),
            Length(max=MAX_ROOM),
        ],
    )


@blueprint.route("/me/addresses", methods=["GET", "POST"])
@for_residents
def me_addresses() -> ResponseReturnValue:
    """List the doors; add one."""
    form = AddressForm()
    actor = signed_in().actor.name
    if form.validate_on_submit() and _stored(
        form,
        lambda: addresses.add_address(
            resident=the_resident(), room=form.room.data, now=utc_now(), actor=actor
        ),
    ):
        flash(_("The address is kept."), "ok")
        return redirect(url_for("resident.me_addresses"), 303)
    resident = the_resident()
    page = render_template(
        "resident/addresses.html", resident=resident, rows=addresses.addresses_of(resident), form=form
    )
    return page, 422 if form.errors else 200


@blueprint.route("/me/addresses/<int:address_id>", methods=["GET", "POST"])
@for_residents
def me_addresses_edit(address_id: int) -> ResponseReturnValue:
    """Write a door anew."""
    form = AddressForm(obj=addresses.get_address(the_resident(), address_id))
    actor = signed_in().actor.name
    if form.validate_on_submit() and _stored(
        form,
        lambda: doors.edit_address(
            resident=the_resident(), address_id=address_id, room=form.room.data, now=utc_now(), actor=actor
        ),
    ):
        flash(_("Saved."), "ok")
        return redirect(url_for("resident.me_addresses"), 303)
    return render_template("resident/address.html", form=form), 422 if form.errors else 200


@blueprint.post("/me/addresses/<int:address_id>/choose")
@for_residents
def me_addresses_choose(address_id: int) -> ResponseReturnValue:
    """Let the bags of later orders go to a door."""
    actor = signed_in().actor.name
    in_transaction(
        lambda: doors.choose_address(
            resident=the_resident(), address_id=address_id, now=utc_now(), actor=actor
        )
    )
    flash(_("Later orders go there; orders placed before keep their address."), "ok")
    return redirect(url_for("resident.me_addresses"), 303)


@blueprint.post("/me/addresses/<int:address_id>/remove")
@for_residents
def me_addresses_remove(address_id: int) -> ResponseReturnValue:
    """Forget a door."""
    actor = signed_in().actor.name
    in_transaction(
        lambda: addresses.remove_address(
            resident=the_resident(), address_id=address_id, now=utc_now(), actor=actor
        )
    )
    flash(_("The address is removed."), "ok")
    return redirect(url_for("resident.me_addresses"), 303)


def _stored(form: AddressForm, store: Callable[[], object]) -> bool:
    try:
        in_transaction(store)
    except GroupbuyError as error:
        form.room.errors = [*form.room.errors, translate_sentence(error.message)]
        return False
    return True
