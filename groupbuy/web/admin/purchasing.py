"""Purchase orders: the list, one of them, sending, and what became of the mail."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, literal, or_, select

from groupbuy.campaigns.heads import head_of
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.html_data import html_sheet
from groupbuy.documents.sheet import Kind
from groupbuy.flows import mailing, notifying
from groupbuy.jobs.models import Job
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import MAIL_JOB
from groupbuy.purchasing import amending
from groupbuy.purchasing.history import ORDER_KEY
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.printed import printed_orders
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.purchasing.rules import POState
from groupbuy.purchasing.sheets import purchase_order
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    by_state,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.admin.rounds import order_page
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.supplier import answering

COLUMNS = (
    Column(_l("Number"), lambda row: row.PurchaseOrder.number, "code", order_page, width=24),
    Column(_l("Supplier"), lambda row: row.Supplier.name, "name", width=24),
    Column(_l("Round"), lambda row: row.Round.title, link=lambda row: _round(row), width=24),
    Column(_l("State"), lambda row: row.PurchaseOrder.state, "state:purchase_order"),
    Column(_l("Held"), lambda row: "held" if row.PurchaseOrder.held else None, "state:purchase_hold"),
    Column(_l("Units"), lambda row: row.PurchaseOrder.units, "number"),
    Column(_l("Cost"), lambda row: row.PurchaseOrder.cost_fen, "money", sort="cost"),
    Column(_l("Goods due"), lambda row: row.PurchaseOrder.due_date, "day", sort="due"),
    Column(_l("Mail"), lambda row: row.mail, "state:message"),
)


def _round(row: Any) -> str:
    return url_for("admin.campaigns_round", name=row.Round.name)


def _orders() -> Any:
    key = literal(ORDER_KEY).concat(cast(PurchaseOrder.id, String))
    return (
        select(PurchaseOrder, Supplier, Round, Message.state.label("mail"))
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .join(Round, Round.id == PurchaseOrder.round_id)
        .outerjoin(Message, Message.key == key)
    )


@blueprint.get("/purchasing")
def purchasing() -> ResponseReturnValue:
    """List purchase orders, the newest first."""
    listing = Listing(
        "purchase-orders",
        _("Purchasing"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Number, supplier or round")),
            by_state("purchase_order"),
            Filter("held", _("Held"), [("1", _("Held for a decision"))], _("Held or not")),
            Filter(
                "answer",
                _("Supplier's answer"),
                [("less", _("Less or later than ordered")), ("none", _("Not answered yet"))],
                _("Any answer"),
            ),
            Filter("from", _("Day it was made"), until="until"),
        ),
        sorts={"cost": PurchaseOrder.cost_fen, "due": PurchaseOrder.due_date},
        actions=((_("Details"), order_page),),
    )
    return show(listing, empty_text=_("Purchase orders are made when a round closes."))


def _statement() -> Any:
    statement = (
        _orders()
        .where(*in_state(PurchaseOrder.state), *within_days(PurchaseOrder.created_at, "from", "until"))
        .where(*searched(PurchaseOrder.number, Supplier.name, Supplier.code, Round.title, Round.name))
        .order_by(PurchaseOrder.id.desc())
    )
    if asked("held"):
        statement = statement.where(PurchaseOrder.held)
    if asked("answer"):
        statement = statement.where(_answered(asked("answer")))
    return statement


def _answered(answer: str) -> Any:
    if answer == "none":
        return PurchaseOrder.confirmed_at.is_(None) & PurchaseOrder.state.in_(("approved", "sent"))
    less = select(PurchaseOrderLine.purchase_order_id).where(
        PurchaseOrderLine.confirmed < PurchaseOrderLine.purchased
    )
    return or_(PurchaseOrder.promised_date > PurchaseOrder.due_date, PurchaseOrder.id.in_(less))


def _get(number: str) -> Any:
    row = db.session.execute(_orders().where(PurchaseOrder.number == number)).one_or_none()
    if row is None:
        raise NotFound("unknown_purchase_order", "There is no such purchase order.")
    return row


@blueprint.get("/purchasing/<number>")
def purchasing_order(number: str) -> ResponseReturnValue:
    """Show a purchase order."""
    row = _get(number)
    lines = db.session.execute(
        select(PurchaseOrderLine, Product)
        .join(Product, Product.id == PurchaseOrderLine.product_id)
        .where(PurchaseOrderLine.purchase_order_id == row.PurchaseOrder.id)
        .order_by(Product.code)
    ).all()
    message = db.session.scalar(select(Message).where(Message.key == f"{ORDER_KEY}{row.PurchaseOrder.id}"))
    job = db.session.scalar(
        select(Job).where(Job.kind == MAIL_JOB, Job.key == f"{ORDER_KEY}{row.PurchaseOrder.id}")
    )
    return render_template(
        "admin/purchase_order.html",
        order=row.PurchaseOrder,
        supplier=row.Supplier,
        round=row.Round,
        lines=lines,
        message=message,
        job=job,
        sendable=_sendable(row, job),
        amendments=amending.amendments_of(row.PurchaseOrder.id),
        known_short=sum(line.known_short for line, _product in lines),
        known_missed=sum(line.known_missed for line, _product in lines),
    )


def _sendable(row: Any, job: Job | None) -> bool:
    """Tell whether a mail could be sent now: it failed or waits, or was never queued."""
    if job is None:
        return bool(row.Supplier.email) and row.PurchaseOrder.state == POState.APPROVED
    return job.state in ("failed", "unknown") or (job.state == "queued" and job.attempts > 0)


@blueprint.route("/purchasing/<number>/sent", methods=["GET", "POST"])
def purchasing_sent(number: str) -> ResponseReturnValue:
    """Note that a purchase order has gone to its supplier by another way."""
    row = _get(number)
    form, back = PageForm(), url_for("admin.purchasing_order", number=number)
    if form.validate_on_submit():
        order_id, who = row.PurchaseOrder.id, actor().name
        in_transaction(lambda: mailing.order_has_left(order_id, now=utc_now(), actor=who))
        flash(_("The purchase order is marked sent."), "ok")
        return redirect(back, 303)
    sentences = [
        _("%(supplier)s has received it by phone, message or paper.", supplier=row.Supplier.name),
        _("With the last one of a round, the round waits for its goods. This cannot be undone."),
    ]
    return ask_first(
        "admin",
        _("Mark %(number)s sent?", number=number),
        sentences,
        deed=_("Mark sent"),
        back=back,
        form=form,
    )


@blueprint.post("/purchasing/<number>/resend")
def purchasing_resend(number: str) -> ResponseReturnValue:
    """Send the mail now: the first time, or again after it failed; what was accepted is not sent twice."""
    if in_transaction(lambda: _send_now(number)):
        flash(_("The mail is queued and leaves at once."), "ok")
    else:
        flash(_("Nothing to send: it was accepted, is being sent, or there is no address."), "wait")
    return redirect(url_for("admin.purchasing_order", number=number), 303)


def _send_now(number: str) -> bool:
    row = _get(number)
    return notifying.send_now(round_=row.Round, order=row.PurchaseOrder, now=utc_now())


@blueprint.get("/purchasing/<number>/preview")
def purchasing_preview(number: str) -> ResponseReturnValue:
    """Show an order and its mail as the supplier would get them now."""
    row = _get(number)
    (printed,) = printed_orders(row.Round.id, [row.Supplier.id])
    sheet = purchase_order(head_of(row.Round, zone(), utc_now()), printed)
    return render_template(
        "leader/print.html",
        round=row.Round,
        sheets=[html_sheet(sheet)],
        qr=Kind.QR.value,
        back=url_for("admin.purchasing_order", number=number),
        mail=notifying.mail_of_order(row.Round, row.PurchaseOrder),
    )


@blueprint.route("/purchasing/<number>/answer", methods=["GET", "POST"])
def purchasing_answer(number: str) -> ResponseReturnValue:
    """Note what a supplier has said will come, by phone or message."""
    back = (url_for("admin.purchasing_order", number=number), number)
    return answering.answer(purchase_order_of_number(number), None, actor(), back)
