"""Goods that arrive: what is due, booking a delivery on a phone, and closing what will not come."""

from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import Length, NumberRange

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Supplier
from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import receiving as flow
from groupbuy.flows.receiving import MAX_TEXT, Delivery
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.purchasing.rules import POState
from groupbuy.warehouse import receipts, warehouses
from groupbuy.warehouse.receipts import Came
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField, WholeField, optional
from groupbuy.web.admin.listing import Column, Filter, Listing, in_state, searched, show
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.kit.states import state_choices

DUE = (POState.APPROVED, *flow.ARRIVING)
LINE_FIELDS = ("delivered", "rejected", "reason", "best_before", "warehouse")

COLUMNS = (
    Column(_l("Number"), lambda row: row.PurchaseOrder.number, "code", lambda row: _page(row), width=24),
    Column(_l("Supplier"), lambda row: row.Supplier.name, "name", width=24),
    Column(_l("Goods due"), lambda row: row.PurchaseOrder.due_date, "day", sort="due"),
    Column(_l("State"), lambda row: row.PurchaseOrder.state, "state:purchase_order"),
    Column(_l("Units"), lambda row: row.PurchaseOrder.units, "number"),
    Column(_l("Round"), lambda row: row.Round.title, link=lambda row: _round(row), width=24),
)


def _page(row: Any) -> str:
    return url_for("admin.receiving_order", number=row.PurchaseOrder.number)


def _round(row: Any) -> str:
    return url_for("admin.campaigns_round", name=row.Round.name)


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """What came of one product."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    delivered = WholeField(_l("Delivered"), validators=optional())
    rejected = WholeField(_l("Rejected"), validators=optional())
    reason = StringField(_l("Reason"), validators=[Length(max=MAX_TEXT)])
    batch = StringField(_l("Batch"), validators=[Length(max=MAX_TEXT)])
    best_before = DayField(_l("Best before"), validators=optional())
    warehouse = SelectField(_l("Into another warehouse"), default="")


class DeliveryForm(KeyedForm):
    """A whole delivery; ``seen`` is how many were booked when the page was made."""

    seen = HiddenField()
    lines = FieldList(FormField(LineForm), max_entries=2000)
    warehouse = SelectField(_l("Into warehouse"))
    note = StringField(_l("Remark"), validators=[Length(max=MAX_TEXT)])
    last = BooleanField(_l("Nothing more will come"))
    confirmed = IntegerField(_l("Confirmed"), default=0, validators=[NumberRange(0, 2)])

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        open_places = warehouses.open_places()
        self.warehouse.choices = [SelectChoice(place.code, place.name) for place in open_places]
        self.warehouse.data = self.warehouse.data or open_places[0].code
        for row in self.lines:
            self._offer_places(row)

    def add(self, code: str) -> None:
        """Append one more line of a product."""
        self._offer_places(self.lines.append_entry({"code": code}))

    def _offer_places(self, row: FormField) -> None:
        row.warehouse.choices = [SelectChoice("", _("As chosen below")), *self.warehouse.choices]


@blueprint.get("/receiving")
def receiving() -> ResponseReturnValue:
    """List the purchase orders on which goods are due, the earliest first."""
    statement = (
        select(PurchaseOrder, Supplier, Round)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Round, Round.id == PurchaseOrder.round_id)
        .where(PurchaseOrder.state.in_(DUE))
        .order_by(PurchaseOrder.due_date, PurchaseOrder.id)
        .where(*searched(PurchaseOrder.number, Supplier.name, Supplier.code, Round.title))
        .where(*in_state(PurchaseOrder.state))
    )
    listing = Listing(
        "goods-due",
        _("Receive goods"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Number, supplier or round")),
            Filter(
                "state",
                _("State"),
                [c for c in state_choices("purchase_order") if c[0] in DUE],
                _("All states"),
            ),
        ),
        sorts={"due": PurchaseOrder.due_date},
        actions=((_("Receive"), _page),),
    )
    return show(listing, tabs=tabs("admin.receiving"), empty_text=_("No goods are due."))


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of the warehouse: address, name, and whether it is this one."""
    pages = (
        ("admin.receiving", _("Goods due")),
        ("admin.receiving_receipts", _("Receipts")),
        ("admin.stock", _("Stock")),
        ("admin.stock_batches", _("Batches")),
        ("admin.stock_movements", _("Movements")),
        ("admin.stock_transfers", _("Transfers")),
        ("admin.warehouses", _("Warehouses")),
    )
    return [(url_for(endpoint), name, endpoint == current) for endpoint, name in pages]


@blueprint.route("/receiving/<number>", methods=["GET", "POST"])
def receiving_order(number: str) -> ResponseReturnValue:
    """Book a delivery: per product what came and what goes back."""
    order = purchase_order_of_number(number)
    came = receipts.came_so_far(order.id)
    form = DeliveryForm(data={} if request.form else _empty(order))
    asks = 0
    if "fill" in request.form:
        _fill(form, order, came)
    elif code := request.form.get("another"):
        form.add(code)
    elif form.validate_on_submit():
        try:
            receipt = in_transaction(lambda: _receive(number, form))
        except GroupbuyError as error:
            asks = _blame(form, error)
        else:
            flash(_("The delivery is booked as %(number)s.", number=receipt), "ok")
            return redirect(url_for("admin.receiving_receipt", number=receipt), 303)
    return show_delivery(order, form, asks), 422 if form.errors else 200


def show_delivery(order: PurchaseOrder, form: DeliveryForm, asks: int = 0) -> str:
    """Return the page on which a delivery is typed in."""
    return render_template(
        "admin/receive.html",
        order=order,
        form=form,
        lines={line.product.code: line for line in order.lines},
        came=receipts.came_so_far(order.id),
        nothing=Came(),
        asks=asks,
        receipts=receipts.receipts_of(order.id),
        open=order.state in DUE,
    )


def _empty(order: PurchaseOrder) -> dict[str, Any]:
    lines = [{"code": line.product.code} for line in order.lines if line.purchased]
    return {"lines": lines, "seen": str(receipts.count_of(order.id))}


def _fill(form: DeliveryForm, order: PurchaseOrder, came: Mapping[int, Came]) -> None:
    """Fill in what is still to come, for a delivery as ordered."""
    lines: dict[str, PurchaseOrderLine] = {line.product.code: line for line in order.lines}
    for row in form.lines:
        # The first line of a product takes all of it; further ones are for other batches and warehouses.
        if line := lines.pop(row.code.data, None):
            row.delivered.raw_data = None
            row.delivered.data = max(line.purchased - came.get(line.id, Came()).accepted, 0)


def _receive(number: str, form: DeliveryForm) -> str:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    receipt = flow.receive_goods(
        number=number,
        deliveries=[
            Delivery(
                row.code.data,
                row.delivered.data or 0,
                row.rejected.data or 0,
                row.reason.data,
                row.batch.data,
                row.best_before.data,
                row.warehouse.data or None,
            )
            for row in form.lines
        ],
        tolerance_bp=settings.over_delivery_bp,
        now=utc_now(),
        actor=actor(),
        last=form.last.data,
        confirmed=form.confirmed.data or 0,
        seen=row_id(form.seen.data),
        note=form.note.data,
        warehouse_code=form.warehouse.data,
        key=form.submission_key.data or None,
    )
    return receipt.number


def _blame(form: DeliveryForm, error: GroupbuyError) -> int:
    """Put an error beside its line; return how often the receiver has to confirm that it is no slip."""
    sentence = translate_sentence(error.message)
    place, _dot, field = (error.param or "").removeprefix("lines[").partition("].")
    if place.isdigit() and int(place) < len(form.lines) and field in LINE_FIELDS:
        row = form.lines[int(place)]
        row[field].errors = [*row[field].errors, sentence]
        sentence = f"{row.code.data}: {sentence}"
    form.form_errors.append(sentence)
    return (form.confirmed.data or 0) + 1 if error.code == "over_delivery" else 0


@blueprint.route("/receiving/<number>/rest", methods=["GET", "POST"])
def receiving_rest(number: str) -> ResponseReturnValue:
    """Note that nothing more will come on a purchase order."""
    order = purchase_order_of_number(number)
    form, back = PageForm(), url_for("admin.receiving_order", number=number)
    if form.validate_on_submit():
        who = actor()
        in_transaction(lambda: flow.close_rest(number=number, now=utc_now(), actor=who))
        flash(_("Nothing more is expected on this purchase order."), "ok")
        return redirect(back, 303)
    came = receipts.came_so_far(order.id)
    missing = sum(max(line.purchased - came.get(line.id, Came()).accepted, 0) for line in order.lines)
    return ask_first(
        "admin",
        _("Close the rest of %(number)s?", number=number),
        [
            _("%(units)s units have not come and will not come.", units=missing),
            _("What residents miss of them can be shared out on the round's page. This cannot be undone."),
        ],
        deed=_("Close the rest"),
        back=back,
        form=form,
    )
