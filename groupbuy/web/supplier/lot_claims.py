"""Claims on batches that a supplier answers: what buyers found bad, buyer by buyer, nobody named."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, Form, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import LotClaim
from groupbuy.aftersales.rules import LotState
from groupbuy.flows import deciding_lots
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.admin.listing import Column, Listing, show
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.supplier.blueprint import blueprint

EVERYTHING, NOTHING = "everything", "nothing"
COLUMNS = (
    Column(
        _l("Number"),
        lambda claim: claim.number,
        "code",
        lambda claim: url_for("supplier.lot_claim", number=claim.number),
        width=18,
    ),
    Column(_l("Product"), lambda claim: claim.batch.product.name, "name", width=24),
    Column(_l("Batch"), lambda claim: claim.batch.number, "code"),
    Column(_l("Opened"), lambda claim: claim.opened_at, "moment"),
    Column(_l("Answer until"), lambda claim: claim.answer_by, "moment"),
    Column(_l("State"), lambda claim: claim.state, "state:lot_claim"),
)


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """How many of one buyer's bad units the supplier takes over."""

    class Meta(PageForm.Meta):
        csrf = False

    line_id = HiddenField()
    units = WholeField(_l("You take over"), validators=[InputRequired()])


class TakeForm(PageForm):
    """What the supplier takes over of each buyer's bad units, and why not everything."""

    lines = FieldList(FormField(LineForm), max_entries=5000)
    words = TextAreaField(
        _l("Why not everything"),
        validators=[Length(max=rules.MAX_TEXT)],
        description=_l("Needed where you do not take over everything; the operator reads it."),
    )


@blueprint.get("/lot-claims")
def lot_claims() -> ResponseReturnValue:
    """List the claims on batches of this supplier, the latest first; another supplier's are not there."""
    listing = Listing(
        "lot-claims",
        _("Claims on batches"),
        lots.for_suppliers(signed_in().supplier_ids),
        COLUMNS,
        scalars=True,
    )
    return show(listing, empty_text=_("No batch of yours was bad."))


@blueprint.route("/lot-claims/<number>", methods=["GET", "POST"])
def lot_claim(number: str) -> ResponseReturnValue:
    """Show what buyers found bad, and take over all of it, some or nothing."""
    identity, now = signed_in(), utc_now()
    claim = lots.claim_for_suppliers(number, identity.supplier_ids)
    replies = lots.found_bad(claim)
    form = TakeForm(data=_filled(claim))

    def store() -> None:
        deciding_lots.take_answer(
            number=number,
            supplier_ids=identity.supplier_ids,
            taken=_taken(form),
            words=form.words.data or "",
            now=now,
            zone=zone(),
            actor=identity.actor,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The answer is noted."), "ok")
        return redirect(url_for("supplier.lot_claim", number=number), 303)
    page = render_template(
        "supplier/lot_claim.html",
        claim=claim,
        form=form,
        replies={str(reply.order_line_id): reply for reply in replies},
        bad_units=sum(reply.bad_units or 0 for reply in replies),
        open=_is_open(claim) and (claim.answer_by is None or now < claim.answer_by),
    )
    return page, 422 if form.errors else 200


def _is_open(claim: LotClaim) -> bool:
    return claim.state == LotState.WITH_SUPPLIER and claim.supplier_answered_at is None


def _filled(claim: LotClaim) -> dict[str, Any]:
    rows = lots.still_open(claim) if _is_open(claim) else lots.found_bad(claim)
    lines = [
        {
            "line_id": str(reply.order_line_id),
            "units": reply.bad_units if reply.taken_units is None else reply.taken_units,
        }
        for reply in rows
    ]
    return {"lines": lines, "words": claim.supplier_words or ""}


def _taken(form: TakeForm) -> dict[int, int] | None:
    """Return what is taken over by line; None is everything."""
    answer = request.form.get("answer")
    if answer == EVERYTHING:
        return None
    typed = {int(row.line_id.data): row.units.data for row in form.lines if row.line_id.data.isdecimal()}
    return dict.fromkeys(typed, 0) if answer == NOTHING else typed
