"""Payments through channels, refunds on their way, and refunds that wait for a second person."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, literal, select
from sqlalchemy.orm import joinedload

from groupbuy.accounts.models import Account
from groupbuy.flows import refunding
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import channel_refunds, charging
from groupbuy.payments.models import GIVEN_BACK, ChannelPayment, ChannelRefund, RefundRequest
from groupbuy.web.admin import deciding, saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import PlainForm, ReasonForm
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, by_state, in_state, show
from groupbuy.web.admin.words import PREFIX, actor_name, names_of
from groupbuy.web.kit import filters
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.ways import NAMES


def _order_of(row: ChannelPayment) -> str | None:
    return url_for("admin.orders_detail", number=row.order.number) if row.order else None


def _give_back(row: ChannelPayment) -> str | None:
    stuck = row.state == "held" and row.outcome != GIVEN_BACK
    return url_for("admin.payments_give_back", number=row.number) if stuck else None


def _ask_again(row: ChannelRefund) -> str | None:
    stuck = row.state in channel_refunds.STUCK
    return url_for("admin.payments_ask_again", number=row.number) if stuck else None


def _to_wallet(row: ChannelRefund) -> str | None:
    stuck = row.state in channel_refunds.STUCK
    return url_for("admin.payments_to_wallet", number=row.number) if stuck else None


def _decide(row: Any, deed: str) -> str | None:
    request = row.RefundRequest
    waits = request.state == refunding.ASKED
    return url_for("admin.payments_decide", request_id=request.id, deed=deed) if waits else None


PAYMENTS = (
    Column(_l("Payment"), lambda row: row.number, "code"),
    Column(_l("Order"), lambda row: row.order.number if row.order else _("Wallet"), "code", _order_of),
    Column(_l("Channel"), lambda row: NAMES[row.channel]),
    Column(_l("To be paid"), lambda row: row.amount_fen, "money"),
    Column(_l("Came"), lambda row: row.paid_fen, "money"),
    Column(_l("Begun"), lambda row: row.created_at, "moment"),
    Column(_l("Last fault"), lambda row: filters.sentence(row.last_error)),
    Column(_l("State"), lambda row: row.state, "state:channel_payment"),
)
REFUNDS = (
    Column(_l("Refund"), lambda row: row.number, "code"),
    Column(_l("Payment"), lambda row: row.payment.number, "code"),
    Column(_l("Channel"), lambda row: NAMES[row.payment.channel]),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Reason"), lambda row: row.reason),
    Column(_l("Asked for at"), lambda row: row.asked_at, "moment"),
    Column(_l("Last fault"), lambda row: filters.sentence(row.last_error)),
    Column(_l("State"), lambda row: row.state, "state:channel_refund"),
)
TARGETS = {
    "sources": _l("the way it was paid"),
    "wallet": _l("to the wallet"),
    "cash": _l("in cash, by the leader"),
}
REQUESTS = (
    Column(
        _l("Order"),
        lambda row: row.RefundRequest.order.number,
        "code",
        lambda row: url_for("admin.orders_detail", number=row.RefundRequest.order.number),
    ),
    Column(_l("Amount"), lambda row: row.RefundRequest.amount_fen, "money"),
    Column(_l("Pay back"), lambda row: str(TARGETS[row.RefundRequest.target])),
    Column(_l("Reason"), lambda row: row.RefundRequest.reason),
    Column(_l("Asked for at"), lambda row: row.RefundRequest.asked_at, "moment"),
    Column(_l("By"), lambda row: actor_name(row.RefundRequest.asked_by, row.name)),
    Column(_l("State"), lambda row: row.RefundRequest.state, "state:refund_request"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of payments through channels: address, name, and whether it is this one."""
    pages = (
        ("admin.payments", _("Payments")),
        ("admin.payments_refunds", _("Refunds through channels")),
        ("admin.payments_requests", _("Refunds asked for")),
        ("admin.payments_bills", _("Reconciliation")),
    )
    return [(url_for(endpoint), name, endpoint == current) for endpoint, name in pages]


@blueprint.get("/payments")
def payments() -> ResponseReturnValue:
    """List payments through channels, the latest first; held ones wait for somebody."""
    statement = (
        select(ChannelPayment)
        .options(joinedload(ChannelPayment.order))
        .where(*in_state(ChannelPayment.state))
    )
    listing = Listing(
        "payments",
        _("Payments"),
        statement.order_by(ChannelPayment.id.desc()),
        PAYMENTS,
        filters=(by_state("channel_payment"),),
        actions=((_("Give back"), _give_back),),
        scalars=True,
    )
    empty = _("What residents pay through WeChat Pay or Alipay stands here.")
    return show(listing, tabs=tabs("admin.payments"), empty_text=empty)


@blueprint.route("/payments/<number>/give-back", methods=["GET", "POST"])
def payments_give_back(number: str) -> ResponseReturnValue:
    """Send money of a wrong amount back to whoever paid it."""
    row, form = charging.get_payment(number), ReasonForm()

    def store() -> None:
        reason = form.reason.data or ""
        refunding.give_back_held(number=number, reason=reason, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        title=f"{_('Give back')}: {row.number}",
        back=(url_for("admin.payments"), _("Payments")),
        deed=_("Give back"),
    )


@blueprint.get("/payments/refunds")
def payments_refunds() -> ResponseReturnValue:
    """List refunds through channels, the latest first; stuck ones wait for somebody."""
    statement = (
        select(ChannelRefund).options(joinedload(ChannelRefund.payment)).where(*in_state(ChannelRefund.state))
    )
    if asked("stuck"):
        stuck = channel_refunds.UNENDED if asked("stuck") == "open" else channel_refunds.STUCK
        statement = statement.where(ChannelRefund.state.in_(stuck))
    listing = Listing(
        "channel_refunds",
        _("Refunds through channels"),
        statement.order_by(ChannelRefund.id.desc()),
        REFUNDS,
        filters=(
            by_state("channel_refund"),
            Filter(
                "stuck",
                _("Stuck"),
                [("1", _("Not paid by the channel")), ("open", _("Not ended"))],
                _("Stuck or not"),
            ),
        ),
        actions=((_("Ask again"), _ask_again), (_("Pay to the wallet"), _to_wallet)),
        scalars=True,
    )
    empty = _("Money on its way back through WeChat Pay or Alipay stands here.")
    return show(listing, tabs=tabs("admin.payments_refunds"), empty_text=empty)


@blueprint.route("/payments/refunds/<number>/to-wallet", methods=["GET", "POST"])
def payments_to_wallet(number: str) -> ResponseReturnValue:
    """Pay to the wallet what a channel could not pay back."""
    channel_refunds.get_refund(number)
    return saving.answer(
        PlainForm(),
        lambda: channel_refunds.pay_to_wallet(number=number, now=utc_now(), actor=actor().name),
        title=f"{_('Pay to the wallet')}: {number}",
        back=(url_for("admin.payments_refunds"), _("Refunds through channels")),
        deed=_("Pay to the wallet"),
    )


@blueprint.route("/payments/refunds/<number>/again", methods=["GET", "POST"])
def payments_ask_again(number: str) -> ResponseReturnValue:
    """Ask a channel once more for a refund that it has not paid."""
    channel_refunds.get_refund(number)
    return saving.answer(
        PlainForm(),
        lambda: channel_refunds.ask_again(number=number, now=utc_now(), actor=actor().name),
        title=f"{_('Ask the channel again')}: {number}",
        back=(url_for("admin.payments_refunds"), _("Refunds through channels")),
        deed=_("Ask again"),
        done=_("The channel is asked; look at the state in a minute."),
    )


@blueprint.get("/payments/requests")
def payments_requests() -> ResponseReturnValue:
    """List refunds that were asked for, those that wait for a second person first."""
    by_account = RefundRequest.asked_by == literal(PREFIX).concat(cast(Account.id, String))
    statement = (
        select(RefundRequest, Account.name)
        .outerjoin(Account, by_account)
        .options(joinedload(RefundRequest.order))
        .where(*in_state(RefundRequest.state))
    )
    listing = Listing(
        "refund_requests",
        _("Refunds asked for"),
        statement.order_by(RefundRequest.state, RefundRequest.id.desc()),
        REQUESTS,
        filters=(by_state("refund_request"),),
        actions=deciding.links(("approve", _l("Approve")), _decide),
    )
    empty = _("Large refunds wait here for a second person.")
    return show(listing, tabs=tabs("admin.payments_requests"), empty_text=empty)


@blueprint.route("/payments/requests/<int:request_id>/<any(approve, reject):deed>", methods=["GET", "POST"])
def payments_decide(request_id: int, deed: str) -> ResponseReturnValue:
    """Approve a large refund as a second person, or reject it."""
    row = refunding.get_request(request_id)

    def store(words: str) -> None:
        refunding.decide(
            request_id=request_id,
            approve=deed == "approve",
            words=words,
            now=utc_now(),
            actor=actor().name,
        )

    return deciding.page(
        deed,
        _("Approve"),
        store,
        why=ReasonForm,
        about=row.order.number,
        back=(url_for("admin.payments_requests"), _("Refunds asked for")),
        template="admin/refund_request.html",
        row=row,
        target=TARGETS[row.target],
        asked_by=names_of([row.asked_by]).get(row.asked_by, row.asked_by),
    )
