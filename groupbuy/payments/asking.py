"""What channels are asked, with no transaction open; what they say is taken in by the caller's."""

from dataclasses import dataclass
from datetime import datetime

from groupbuy.accounts import wechat
from groupbuy.db import db
from groupbuy.payments import channel_refunds, charging, gateways
from groupbuy.payments.gateways import (
    Action,
    ChannelAway,
    ChannelRefused,
    Found,
    FoundRefund,
    FoundTransfer,
    Gateways,
    Opening,
    PaymentGateway,
    Returning,
    Sending,
    TransferGateway,
)

TOP_UP = "余额充值"
# Said by channels of what was paid already.
PAID_BEFORE = frozenset({"ORDERPAID", "ACQ.TRADE_HAS_SUCCESS"})
# Said by channels of what may be otherwise in a while.
NOT_YET = frozenset(
    {"NOT_ENOUGH", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "ACQ.SELLER_BALANCE_NOT_ENOUGH"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment to ask about."""

    number: str
    channel: str
    expires_at: datetime


def gateway_of(channels: Gateways, name: str) -> PaymentGateway:
    """Return a channel; raise ChannelRefused ``channel_off`` for one that is not set up any more."""
    if name not in channels:
        raise ChannelRefused("channel_off", "This way of paying is not available at the moment.")
    return channels[name]


def asked(number: str) -> Asked:
    """Return a payment to ask about, and let go of what was read."""
    payment = charging.get_payment(number)
    found = Asked(payment.number, payment.channel, payment.expires_at)
    db.session.rollback()
    return found


def call_open(channels: Gateways, number: str, *, address: str, back_url: str) -> Action | None:
    """Open a payment at its channel; None for one that has ended. Again is the same payment.

    Raise ChannelAway and ChannelRefused.
    """
    payment = charging.get_payment(number)
    name, state = payment.channel, payment.state
    opening = Opening(
        number=number,
        amount_fen=payment.amount_fen,
        title=TOP_UP if payment.order is None else payment.order.round.title,
        way=payment.way,
        expires_at=payment.expires_at,
        payer=wechat.openid_of(payment.resident.account_id) if payment.resident.account_id else None,
        address=address,
        back_url=back_url,
    )
    db.session.rollback()
    return gateway_of(channels, name).open(opening) if state in charging.OPEN else None


def ask_payment(channels: Gateways, payment: Asked, *, now: datetime) -> Found:
    """Ask a channel of a payment, and let it close one whose time is over.

    Raise ChannelAway and ChannelRefused.
    """
    gateway = gateway_of(channels, payment.channel)
    found = gateway.query(payment.number)
    if found.state not in (gateways.WAITING, gateways.UNKNOWN) or payment.expires_at > now:
        return found
    if found.state == gateways.WAITING:
        try:
            gateway.close(payment.number)
        except ChannelRefused:
            # It was paid between the question and the close.
            return gateway.query(payment.number)
    return Found(payment.number, gateways.CLOSED)


def ask_refund(channels: Gateways, number: str) -> FoundRefund:
    """Ask a channel how far a refund is; raise ChannelAway and ChannelRefused."""
    row = channel_refunds.get_refund(number)
    name, payment_number = row.payment.channel, row.payment.number
    db.session.rollback()
    return gateway_of(channels, name).query_refund(number, payment_number=payment_number)


def call_refund(channels: Gateways, number: str) -> FoundRefund | None:
    """Let a channel pay a refund; None for one that has ended. Again is the same refund.

    Raise ChannelAway and ChannelRefused.
    """
    row = channel_refunds.get_refund(number)
    name, state = row.payment.channel, row.state
    returning = Returning(
        number=row.number,
        payment_number=row.payment.number,
        payment_fen=row.payment.paid_fen or 0,
        amount_fen=row.amount_fen,
        reason=row.reason,
    )
    db.session.rollback()
    if state not in ("queued", "processing"):
        return None
    return gateway_of(channels, name).refund(returning)


def find_transfers(channels: Gateways) -> TransferGateway | None:
    """Return the channel that sends money to persons, None where none is set up."""
    return next((one.transfers for one in channels.values() if one.transfers is not None), None)


def _transfers(channels: Gateways) -> TransferGateway:
    found = find_transfers(channels)
    if found is None:
        # What was asked before it was switched off may have been done, so this is no refusal.
        raise ChannelAway("channel_off", "Transfers are not available at the moment.")
    return found


def ask_transfer(channels: Gateways, number: str) -> FoundTransfer:
    """Ask the channel how far a transfer is; raise ChannelAway and ChannelRefused."""
    return _transfers(channels).query(number)


def call_transfer_back(channels: Gateways, number: str) -> FoundTransfer:
    """Ask the channel for a transfer back where it waits for its payee; return how it stands.

    Raise ChannelAway, and ChannelRefused where the payee was quicker.
    """
    gateway = _transfers(channels)
    found = gateway.query(number)
    return gateway.call_back(number) if found.state == gateways.WAITING else found


def call_transfer(channels: Gateways, sending: Sending) -> FoundTransfer:
    """Let the channel send money, after asking whether it has the transfer already.

    What the payee confirms with is told by the request only, so one that waits is requested again: the
    same number is the same transfer. Raise ChannelAway and ChannelRefused.
    """
    gateway = _transfers(channels)
    found = gateway.query(sending.number)
    if found.state == gateways.UNKNOWN:
        return gateway.send(sending)
    if found.state != gateways.WAITING:
        return found
    try:
        return gateway.send(sending)
    except ChannelRefused:
        return found
