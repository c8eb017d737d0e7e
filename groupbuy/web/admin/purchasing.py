"""Purchase orders: approving held ones, sending, and what became of the mail."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, literal, or_, select

from groupbuy.analytics.round_page import ORDER_KEY
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import mailing, notifying
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.money import format_yuan
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import MAIL_JOB
from groupbuy.purchasing import service
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, contains, show, within_days
from groupbuy.web.admin.rounds import order_page
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices

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
    statement = _orders().order_by(PurchaseOrder.id.desc())
    statement = statement.where(*within_days(PurchaseOrder.created_at, "from", "until"))
    if text := asked("q"):
        columns = (PurchaseOrder.number, Supplier.name, Supplier.code, Round.title, Round.name)
        statement = statement.where(or_(*(contains(column, text) for column in columns)))
    if state := asked("state"):
        statement = statement.where(PurchaseOrder.state == state)
    if asked("held"):
        statement = statement.where(PurchaseOrder.held)
    listing = Listing(
        "purchase-orders",
        _("Purchasing"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Number, supplier or round")),
            Filter("state", _("State"), state_choices("purchase_order"), _("All states")),
            Filter("held", _("Held"), [("1", _("Held for a decision"))], _("Held or not")),
            Filter("from", _("Day it was made"), until="until"),
        ),
        sorts={"cost": PurchaseOrder.cost_fen, "due": PurchaseOrder.due_date},
        actions=((_("Details"), order_page),),
    )
    return show(listing, empty_text=_("Purchase orders are made when a round closes."))


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
        retryable=job is not None and job.state in ("failed", "unknown"),
    )


@blueprint.route("/purchasing/<number>/approve", methods=["GET", "POST"])
def purchasing_approve(number: str) -> ResponseReturnValue:
    """Decide to order although the supplier's minimum is missed, and send it where there is an address."""
    row = _get(number)
    form, back = PageForm(), url_for("admin.purchasing_order", number=number)
    if form.validate_on_submit():
        with transaction():
            stored = _get(number)
            if service.approve(order_id=stored.PurchaseOrder.id, now=utc_now(), actor=actor().name):
                db.session.refresh(stored.PurchaseOrder)
                notifying.send_purchase_order(round_=stored.Round, order=stored.PurchaseOrder, now=utc_now())
        flash(_("The purchase order is approved."), "ok")
        return redirect(back, 303)
    minimum, cost = format_yuan(row.Supplier.min_order_fen), format_yuan(row.PurchaseOrder.cost_fen)
    sentences = [
        _("It is worth %(cost)s; the supplier's minimum is %(minimum)s.", cost=cost, minimum=minimum),
        _("It goes to %(mail)s by mail.", mail=row.Supplier.email)
        if row.Supplier.email
        else _("The supplier has no mail address: download it and mark it sent."),
    ]
    return _confirm(_("Approve %(number)s?", number=number), sentences, back, _("Approve"))


@blueprint.route("/purchasing/<number>/sent", methods=["GET", "POST"])
def purchasing_sent(number: str) -> ResponseReturnValue:
    """Note that a purchase order has gone to its supplier by another way."""
    row = _get(number)
    form, back = PageForm(), url_for("admin.purchasing_order", number=number)
    if form.validate_on_submit():
        with transaction():
            mailing.order_has_left(row.PurchaseOrder.id, now=utc_now(), actor=actor().name)
        flash(_("The purchase order is marked sent."), "ok")
        return redirect(back, 303)
    sentences = [
        _("%(supplier)s has received it by phone, message or paper.", supplier=row.Supplier.name),
        _("With the last one of a round, the round waits for its goods. This cannot be undone."),
    ]
    return _confirm(_("Mark %(number)s sent?", number=number), sentences, back, _("Mark sent"))


@blueprint.post("/purchasing/<number>/resend")
def purchasing_resend(number: str) -> ResponseReturnValue:
    """Queue a failed mail again."""
    row = _get(number)
    key = f"{ORDER_KEY}{row.PurchaseOrder.id}"
    with transaction():
        job_id = db.session.scalar(select(Job.id).where(Job.kind == MAIL_JOB, Job.key == key))
        again = job_id is not None and jobs.retry_now(job_id=job_id, now=utc_now())
    flash(
        _("The mail is queued again.") if again else _("The mail has not failed."), "ok" if again else "wait"
    )
    return redirect(url_for("admin.purchasing_order", number=number), 303)


def _confirm(question: str, sentences: list[str], back: str, deed: str) -> str:
    return render_template(
        "confirm.html",
        layout="admin/base.html",
        question=question,
        consequences=sentences,
        action=request.path,
        deed=deed,
        back=back,
        form=PageForm(),
    )
