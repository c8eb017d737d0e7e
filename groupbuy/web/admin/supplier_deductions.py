"""Claims and deductions by hand on a page: entered, shown, and given back where one was a mistake."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.catalog.models import Supplier
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.settlements import adjusting, deducting, queries
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import Column
from groupbuy.web.admin.words import actor_name, names_of
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_SHOWN = 50
KINDS = {"claim": _l("Claim"), "deduction": _l("Deduction")}


class DeductionForm(KeyedForm):
    """Something off what a supplier is owed."""

    kind = RadioField(
        _l("What it is"),
        choices=[SelectChoice(kind, name) for kind, name in KINDS.items()],
        default="claim",
    )
    amount_fen = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    note = StringField(_l("What for; the supplier reads it"), validators=[InputRequired(), Length(max=200)])
    confirmed = BooleanField(_l("Yes, more than is owed is taken off."))


class GiveBackForm(PageForm):
    """Why it was a mistake."""

    reason = StringField(
        _l("Why it is given back; the supplier reads it"),
        validators=[InputRequired(), Length(max=adjusting.MAX_NOTE)],
    )


@blueprint.route("/suppliers/<code>/deduct", methods=["GET", "POST"])
def supplier_deduct(code: str) -> ResponseReturnValue:
    """Take something off what a supplier is owed; sent twice it counts once."""
    supplier, form = queries.get_supplier(code), DeductionForm()
    if request.method == "GET":
        # Nobody is to tick it before it is asked.
        del form.confirmed

    def store() -> None:
        amount: Any = form.amount_fen.data
        deducting.deduct(
            supplier=supplier,
            kind=form.kind.data,
            amount_fen=amount,
            cause=f"form:{form.submission_key.data}",
            note=form.note.data or "",
            now=utc_now(),
            actor=actor().name,
            confirmed=bool(form.confirmed.data),
        )

    rows = deducting.by_hand_of(supplier, most=MOST_SHOWN)
    backs = deducting.backs_of(rows)
    return saving.answer(
        form,
        store,
        template="admin/supplier_deduct.html",
        title=_("Deduct from %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.settlements_owed"), _("What is owed")),
        code=code,
        rows=rows,
        backs=backs,
        columns=_columns(names_of(row.actor for row in rows)),
    )


def _columns(names: Mapping[str, object]) -> Sequence[Column]:
    return (
        Column(_("When"), lambda row: row.at, "moment"),
        Column(_("What it is"), lambda row: KINDS[row.kind]),
        Column(_("Amount"), lambda row: -row.amount_fen, "money"),
        Column(_("What for"), lambda row: row.note, "name"),
        Column(_("Who"), lambda row: actor_name(row.actor, str(names.get(row.actor, ""))), "name"),
    )


@blueprint.route("/suppliers/<code>/deductions/<int:deduction>/back", methods=["GET", "POST"])
def supplier_deduction_back(code: str, deduction: int) -> ResponseReturnValue:
    """Ask why a deduction is given back, and book it."""
    supplier, form = queries.get_supplier(code), GiveBackForm()
    found, back = deducting.get_by_hand(supplier, deduction), url_for("admin.supplier_deduct", code=code)

    def store() -> None:
        deducting.give_back(
            supplier=supplier,
            adjustment_id=deduction,
            reason=form.reason.data or "",
            now=utc_now(),
            actor=actor().name,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Given back: the supplier is owed it again."), "ok")
        return redirect(back, 303)
    return _ask(supplier, -found.amount_fen, form, back)


def _ask(supplier: Supplier, fen: int, form: PageForm, back: str) -> ResponseReturnValue:
    values = {"amount": format_yuan(fen), "supplier": supplier.name}
    return ask_first(
        "admin",
        _("Is %(amount)s given back to %(supplier)s?", **values),
        [_("Both stay in the books, one beside the other, and stand on the supplier's next statement.")],
        deed=_("Give back"),
        back=back,
        form=form,
        danger=True,
    )
