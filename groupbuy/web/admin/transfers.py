"""Transfer notes (调拨单): sending goods to another warehouse, taking them in there, calling them back."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import aliased
from wtforms import FieldList, Form, FormField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import Length

from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.db.transaction import in_transaction
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.warehouse import batching, transferring, transfers
from groupbuy.warehouse import warehouses as places
from groupbuy.warehouse.models import StockBatch, StockTransfer, StockTransferLine, Warehouse
from groupbuy.warehouse.sheets import transfer_note
from groupbuy.warehouse.transferring import MAX_NOTE, Goods
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField, optional
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    by_state,
    contains,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.admin.stock_issues import paper
from groupbuy.web.admin.warehouses import place_choices, place_name
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

# So many batches of a warehouse stand in the form; a search finds the others.
MOST_BATCHES = 100

COLUMNS = (
    Column(_l("Number"), lambda row: row.StockTransfer.number, "code", lambda row: _page(row), width=22),
    Column(_l("From warehouse"), lambda row: row.origin, "name"),
    Column(_l("To warehouse"), lambda row: row.target, "name"),
    Column(_l("State"), lambda row: row.StockTransfer.state, "state:stock_transfer"),
    Column(_l("Sent at"), lambda row: row.StockTransfer.sent_at, "moment"),
    Column(_l("Sent out"), lambda row: row.sent, "number"),
    Column(_l("Units arrived"), lambda row: row.arrived, "number"),
)


class SentLineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What is sent of a batch."""

    class Meta(PageForm.Meta):
        csrf = False

    batch = HiddenField()
    units = WholeField(_l("Units"), validators=optional())


class SendForm(KeyedForm):
    """Where goods go, and what of each batch."""

    to_warehouse = SelectField(_l("To warehouse"))
    lines = FieldList(FormField(SentLineForm), max_entries=MOST_BATCHES)
    note = StringField(_l("Remark"), validators=[Length(max=MAX_NOTE)])


class CameLineForm(Form):  # type: ignore[misc]  # As above.
    """What arrived of a line."""

    class Meta(PageForm.Meta):
        csrf = False

    line = HiddenField()
    arrived = WholeField(_l("Units arrived"), validators=optional())


class ArriveForm(PageForm):
    """What arrived of each line."""

    lines = FieldList(FormField(CameLineForm), max_entries=transferring.MAX_LINES)


def _page(row: Any) -> str:
    return url_for("admin.stock_transfer", number=row.StockTransfer.number)


@blueprint.get("/stock/transfers")
def stock_transfers() -> ResponseReturnValue:
    """List the transfers, the latest first."""
    origin, target = aliased(Warehouse), aliased(Warehouse)
    of_it = StockTransferLine.stock_transfer_id == StockTransfer.id
    sent = select(total(StockTransferLine.sent)).where(of_it).scalar_subquery()
    arrived = select(total(StockTransferLine.arrived)).where(of_it).scalar_subquery()
    statement = (
        select(StockTransfer, origin.name.label("origin"), target.name.label("target"))
        .add_columns(sent.label("sent"), arrived.label("arrived"))
        .join(origin, origin.id == StockTransfer.from_id)
        .join(target, target.id == StockTransfer.to_id)
        .order_by(StockTransfer.id.desc())
        .where(*in_state(StockTransfer.state), *within_days(StockTransfer.sent_at, "from", "until"))
        .where(*searched(StockTransfer.number, origin.name, target.name))
    )
    listing = Listing(
        "stock-transfers",
        _("Transfers"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Number or warehouse")),
            by_state("stock_transfer"),
            Filter("from", _("Day sent"), until="until"),
        ),
        actions=((_("Open"), _page),),
    )
    new = (url_for("admin.stock_transfers_new"), _("New transfer"))
    empty = _("Nothing has been sent to another warehouse yet.")
    return show(listing, tabs=tabs("admin.stock_transfers"), new=new, empty_text=empty)


@blueprint.route("/stock/transfers/new", methods=["GET", "POST"])
def stock_transfers_new() -> ResponseReturnValue:
    """Send goods of chosen batches from one warehouse to another."""
    origin = asked_origin()
    rows = _lying(origin, asked("q"))
    form = SendForm(data={} if request.form else {"lines": [{"batch": str(row.id)} for row in rows]})
    form.to_warehouse.choices = _targets(origin)
    if form.validate_on_submit():
        try:
            transfer = in_transaction(lambda: _send(origin.code, form))
        except GroupbuyError as error:
            saving.blame(form, error)
        else:
            flash(_("Sent as %(number)s.", number=transfer), "ok")
            return redirect(url_for("admin.stock_transfer", number=transfer), 303)
    return show_new(origin, form, rows)


def asked_origin() -> Warehouse:
    """Return the warehouse from which goods are to be sent, the main one where none is named."""
    return places.get(asked("from") or places.all_places()[0].code)


def _targets(origin: Warehouse) -> list[SelectChoice]:
    return [choice for choice in place_choices() if choice.value != origin.code]


def filled(origin: Warehouse, lots: Sequence[tuple[StockBatch, int]]) -> SendForm:
    """Return the form with what is to be sent of some batches."""
    lines = [{"batch": str(batch.id), "units": units} for batch, units in lots]
    form = SendForm(formdata=None, data={"lines": lines})
    form.to_warehouse.choices = _targets(origin)
    return form


def show_new(origin: Warehouse, form: SendForm, rows: Sequence[StockBatch]) -> ResponseReturnValue:
    """Show the form, whose lines name some of these batches or others."""
    known = {str(row.id): row for row in rows}
    page = render_template(
        "admin/transfer_new.html",
        form=form,
        origin=origin,
        origins=[SelectChoice(place.code, place.name) for place in places.all_places()],
        known=known | {str(row.id): row for row in _named(form, known)},
        most=MOST_BATCHES,
    )
    return page, 422 if form.errors else 200


def _lying(origin: Warehouse, text: str) -> list[StockBatch]:
    """Return what lies in a warehouse by batch, by product code."""
    lying = batching.batches().where(batching.is_there(), StockBatch.warehouse_id == origin.id)
    if text:
        columns = (Product.code, Product.name, StockBatch.number)
        lying = lying.where(or_(*(contains(column, text) for column in columns)))
    by_code = lying.order_by(None).order_by(Product.code, StockBatch.best_before, StockBatch.id)
    return [row[0] for row in db.session.execute(by_code.limit(MOST_BATCHES))]


def _named(form: SendForm, known: Any) -> list[StockBatch]:
    """Return the batches that a sent form names and that lie there no more."""
    named = {line.batch.data for line in form.lines} - set(known)
    ids = [int(one) for one in named if one and one.isascii() and one.isdigit() and len(one) < 19]
    return list(db.session.scalars(select(StockBatch).where(StockBatch.id.in_(ids))))


def _send(from_code: str, form: SendForm) -> str:
    wanted = {line.batch.data: line.units.data for line in form.lines if line.units.data}
    rows = {str(row.id): row for row in _named(form, set())}
    return transferring.send(
        from_code=from_code,
        to_code=form.to_warehouse.data or "",
        goods=[
            Goods(rows[batch].product.code, units, rows[batch].id)
            for batch, units in wanted.items()
            if batch in rows
        ],
        now=utc_now(),
        zone=zone(),
        actor=actor().name,
        note=form.note.data,
        submission_key=form.submission_key.data or None,
    ).number


@blueprint.route("/stock/transfers/<number>", methods=["GET", "POST"])
def stock_transfer(number: str) -> ResponseReturnValue:
    """Show a transfer; take in what arrived of it."""
    transfer = transfers.get_transfer(number)
    lines = [{"line": str(line.id), "arrived": line.sent} for line in transfer.lines]
    form = ArriveForm(data={} if request.form else {"lines": lines})

    def store() -> None:
        typed = [(row_id(line.line.data), line.arrived.data) for line in form.lines]
        arrived = {line: units for line, units in typed if line is not None and units is not None}
        transferring.arrive(number=number, arrived=arrived, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        template="admin/transfer.html",
        title=number,
        back=(url_for("admin.stock_transfers"), _("Transfers")),
        then=url_for("admin.stock_transfer", number=number),
        done=_("What arrived is in stock."),
        transfer=transfer,
        boxes={line.line.data: line for line in form.lines},
        names=names_of(
            name for name in (transfer.sent_by, transfer.arrived_by, transfer.called_back_by) if name
        ),
    )


@blueprint.route("/stock/transfers/<number>/call-back", methods=["GET", "POST"])
def stock_transfer_call_back(number: str) -> ResponseReturnValue:
    """Put what has not arrived back where it was sent from."""
    transfer, form = transfers.get_transfer(number), PageForm()
    back = url_for("admin.stock_transfer", number=number)

    def store() -> None:
        transferring.call_back(number=number, now=utc_now(), actor=actor().name)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The goods lie again where they were sent from."), "ok")
        return redirect(back, 303)
    units, place = sum(line.sent for line in transfer.lines), place_name(transfer.origin)
    return ask_first(
        "admin",
        _("Call %(number)s back?", number=number),
        [
            _(
                "%(units)s units lie again in %(place)s, in the batches they were taken from.",
                units=units,
                place=place,
            ),
            _("Nobody can take the transfer in any more. This cannot be undone."),
        ],
        deed=_("Call the goods back"),
        back=back,
        form=form,
    )


@blueprint.get("/stock/transfers/<number>.<any(xlsx, pdf):suffix>")
def stock_transfer_paper(number: str, suffix: str) -> ResponseReturnValue:
    """Download a transfer as a note that goes with the goods."""
    sheet = transfer_note(transfers.get_transfer(number), zone=zone(), printed_at=utc_now())
    return paper(sheet, f"调拨单-{number}", suffix)
