"""A supplier's statements: what stands on each, agreeing or objecting, and the papers."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.settlements import paying, queries
from groupbuy.web.admin import saving
from groupbuy.web.admin.listing import Column, Listing, show
from groupbuy.web.admin.settlements import item_words, paid_state, statement_file
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.supplier.blueprint import blueprint

COLUMNS = (
    Column(
        _l("Number"),
        lambda row: row.number,
        "code",
        lambda row: url_for("supplier.settlement", number=row.number),
        width=24,
    ),
    Column(_l("Settled until"), lambda row: row.until, "moment", width=17),
    Column(_l("To pay"), lambda row: row.total_fen, "money"),
    Column(_l("Paid"), lambda row: row.paid_fen, "money"),
    Column(_l("Pay by"), lambda row: row.due_date, "day"),
    Column(_l("Payment"), paid_state, "state:settlement_paid"),
    Column(_l("Your answer"), lambda row: row.answer, "state:settlement_answer"),
)


class AnswerForm(PageForm):
    """What is wrong, where something is."""

    words = StringField(_l("What is wrong"), validators=[Length(max=200)])


@blueprint.get("/settlements")
def settlements() -> ResponseReturnValue:
    """List this supplier's statements, the newest first."""
    own = queries.holding(signed_in().supplier_ids)
    listing = Listing("settlements", _("My statements"), own, COLUMNS, scalars=True)
    return show(listing, empty_text=_("What you have delivered and was accepted is settled here."))


@blueprint.get("/settlements/<number>")
def settlement(number: str) -> ResponseReturnValue:
    """Show a statement; another supplier's does not exist."""
    return _page(number, AnswerForm(), 200)


def _page(number: str, form: PageForm, status: int) -> ResponseReturnValue:
    row = queries.get_settlement(number, signed_in().supplier_ids)
    page = render_template(
        "supplier/settlement.html",
        row=row,
        items=queries.items_of(row),
        payments=queries.payments_of(row),
        words=item_words(),
        paid_state=paid_state(row),
        form=form,
    )
    return page, status


@blueprint.get("/settlements/<number>.<any(xlsx, pdf):suffix>")
def settlement_file(number: str, suffix: str) -> ResponseReturnValue:
    """Download a statement; another supplier's does not exist."""
    return statement_file(queries.get_settlement(number, signed_in().supplier_ids), suffix)


@blueprint.post("/settlements/<number>/<any(agreed, objected):answer>")
def settlement_answer(number: str, answer: str) -> ResponseReturnValue:
    """Agree to a statement, or say what is wrong with it."""
    identity = signed_in()
    queries.get_settlement(number, identity.supplier_ids)
    form = AnswerForm()

    def store() -> None:
        words = form.words.data or ""
        paying.answer(number=number, answer=answer, words=words, now=utc_now(), actor=identity.actor.name)

    if form.validate_on_submit() and saving.stored(form, store):
        return redirect(url_for("supplier.settlement", number=number), 303)
    return _page(number, form, 422)
