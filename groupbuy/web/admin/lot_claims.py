"""Claims on batches: opened, how far they are, and the supplier's answer that decides them."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.aftersales import lots, rules
from groupbuy.aftersales.models import LotClaim
from groupbuy.catalog.models import Product, Supplier
from groupbuy.flows import claiming_lots, deciding_lots
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import tracing
from groupbuy.warehouse.models import StockBatch
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import MomentField
from groupbuy.web.admin.listing import Column, Filter, Listing, by_state, file_asked, in_state, searched, show
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

ACCEPTED = "accepted"
DECISIONS = {
    ACCEPTED: _l("The supplier pays: pay back and charge it"),
    "own_cost": _l("Pay everything back; what the supplier does not pay is our own cost"),
    "refused": _l("Pay back only what the supplier pays"),
}


def _page(row: Any) -> str:
    return url_for("admin.lot_claims_claim", number=row.LotClaim.number)


COLUMNS = (
    Column(_l("Number"), lambda row: row.LotClaim.number, "code", _page, width=18),
    Column(_l("Opened"), lambda row: row.LotClaim.opened_at, "moment", sort="opened"),
    Column(_l("Product"), lambda row: row.Product.name, "name", width=24),
    Column(_l("Batch"), lambda row: row.StockBatch.number, "code"),
    Column(_l("Supplier"), lambda row: row.Supplier.name, "name"),
    Column(_l("Answers until"), lambda row: row.LotClaim.until, "moment"),
    Column(_l("State"), lambda row: row.LotClaim.state, "state:lot_claim"),
)
REPLIES = (
    Column(_l("Resident"), lambda reply: reply.resident.name, "name"),
    Column(_l("Order"), lambda reply: reply.line.order.number, "code", width=20),
    Column(_l("Round"), lambda reply: reply.line.order.round.name, "code", width=20),
    Column(_l("Product"), lambda reply: reply.line.offer_version.name, width=26),
    Column(_l("Units"), lambda reply: reply.units, "number"),
    Column(_l("Bad"), lambda reply: reply.bad_units, "number"),
    Column(_l("Taken over"), lambda reply: reply.taken_units, "number"),
    Column(_l("Credit"), lambda reply: reply.credit_fen, "money"),
    Column(_l("Case"), lambda reply: reply.case and reply.case.number, "code", width=18),
    Column(_l("State"), lambda reply: reply.case and reply.case.state, "state:after_sale"),
)


class OpenForm(PageForm):
    """What may be wrong, who delivered it, and until when buyers answer."""

    supplier = SelectField(_l("Supplier"))
    text = TextAreaField(
        _l("What may be wrong with the goods"),
        validators=[InputRequired(), Length(max=rules.MAX_TEXT)],
        description=_l("Everybody who bought goods of this batch reads it."),
    )
    until = MomentField(_l("Answers until"), validators=[InputRequired()])


class AnswerForm(PageForm):
    """What becomes of the cases."""

    decision = SelectField(
        _l("Decision"), choices=lambda: [SelectChoice(*pair) for pair in DECISIONS.items()]
    )
    words = TextAreaField(_l("Answer to the residents"), validators=[Length(max=rules.MAX_TEXT)])


@blueprint.get("/lot-claims")
def lot_claims() -> ResponseReturnValue:
    """List claims on batches, the latest first."""
    statement = (
        select(LotClaim, StockBatch, Product, Supplier)
        .join(StockBatch, StockBatch.id == LotClaim.stock_batch_id)
        .join(Product, Product.id == StockBatch.product_id)
        .join(Supplier, Supplier.id == LotClaim.supplier_id)
        .where(*in_state(LotClaim.state))
        .order_by(LotClaim.id.desc())
        .where(*searched(LotClaim.number, Product.name, Product.code, StockBatch.number, Supplier.name))
    )
    listing = Listing(
        "lot-claims",
        _("Claims on batches"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Number, goods, batch or supplier")),
            by_state("lot_claim"),
        ),
        sorts={"opened": LotClaim.opened_at},
    )
    return show(listing, empty_text=_("No batch was bad. A claim is opened on the page of a batch."))


@blueprint.route("/stock/batches/<int:batch_id>/claim", methods=["GET", "POST"])
def lot_claims_open(batch_id: int) -> ResponseReturnValue:
    """Open a claim on a batch: everybody who has goods of it is asked."""
    batch, form, now = tracing.get_batch(batch_id), OpenForm(), utc_now()
    if claim := lots.find_claim_on(batch_id):
        return redirect(url_for("admin.lot_claims_claim", number=claim.number), 303)
    form.supplier.choices = [SelectChoice(one.code, one.name) for one in claiming_lots.suppliers_of(batch)]

    def store() -> None:
        claiming_lots.open_claim(
            batch_id=batch_id,
            supplier_code=form.supplier.data,
            text=form.text.data or "",
            until=form.until.data or now,
            now=now,
            zone=zone(),
            actor=actor(),
        )

    return saving.answer(
        form,
        store,
        title=_("Ask the buyers of %(goods)s", goods=batch.product.name),
        back=(url_for("admin.stock_batch", batch_id=batch_id), _("Batch")),
        then=url_for("admin.lot_claims_open", batch_id=batch_id),
        done=_("The buyers are asked."),
        deed=_("Ask"),
    )


@blueprint.route("/lot-claims/<number>", methods=["GET", "POST"])
def lot_claims_claim(number: str) -> ResponseReturnValue:
    """Show how far a claim is, and note the supplier's answer."""
    claim, form = lots.get_claim(number), AnswerForm()
    if file_asked():
        return show(_replies(claim))
    if claim.supplier_answered_at is not None:
        # Who pays everything has decided already; else the supplier's own answer stands.
        form.decision.choices = [one for one in form.decision.choices or () if one.value != ACCEPTED]

    def store() -> None:
        deciding_lots.decide(
            number=number,
            accepted=form.decision.data == ACCEPTED,
            pay_back=form.decision.data == "own_cost",
            words=form.words.data or "",
            now=utc_now(),
            zone=zone(),
            actor=actor(),
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Decided."), "ok")
        return redirect(url_for("admin.lot_claims_claim", number=number), 303)
    page = render_template(
        "admin/lot_claim.html",
        claim=claim,
        form=form,
        progress=lots.progress_of(claim.id),
        replies=lots.replies_of(claim),
        listing=_replies(claim),
    )
    return page, 422 if form.errors else 200


def _replies(claim: LotClaim) -> Listing:
    """Return what the buyers say as a file takes it out: it names them."""
    return Listing(
        f"lot-claim-{claim.number}", claim.number, lots.replies(claim), REPLIES, personal=True, scalars=True
    )
