"""The jobs that call payment channels: how far is a payment or refund, and pay a refund."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from groupbuy.audit.service import SCHEDULER
from groupbuy.flows import calling_transfers_back, paying, transferring
from groupbuy.jobs.service import Patience
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import asking, channel_refunds, charging, reconciling
from groupbuy.payments.gateways import (
    Action,
    BillLine,
    ChannelAway,
    ChannelRefused,
    Found,
    FoundRefund,
    FoundTransfer,
    Gateways,
)
from groupbuy.scheduler.work import Handler

Payload = Mapping[str, Any]
Looked = Found | FoundRefund | FoundTransfer | Exception
Opened = Action | Exception | None
Refunded = FoundRefund | ChannelRefused | None
Sent = FoundTransfer | ChannelRefused | None

AWAY, ENDED = "channel away", "ended before"
# Money that is owed is paid, however long the channel is away.
UNTIL_PAID = Patience(first=timedelta(seconds=15), longest=timedelta(minutes=30), attempts=None)


@dataclass(frozen=True, slots=True)
class Calls:
    """The channels, how long after its time a payment still counts, and where payers return."""

    channels: Gateways
    grace: timedelta
    base_url: str

    def look(self, payload: Payload) -> Looked:
        """Ask how far a payment or a refund is.

        What goes wrong is noted beside it; the next question is due by itself.
        """
        try:
            if "transfer" in payload:
                return asking.ask_transfer(self.channels, payload["transfer"])
            if "refund" in payload:
                return asking.ask_refund(self.channels, payload["refund"])
            return asking.ask_payment(self.channels, asking.asked(payload["payment"]), now=utc_now())
        except (ChannelAway, ChannelRefused) as error:
            return error

    def note_look(self, payload: Payload, said: Looked, now: datetime) -> str:
        """Take in what a channel has said of a payment or a refund."""
        if isinstance(said, FoundRefund):
            return channel_refunds.take_found(number=payload["refund"], found=said, now=now)
        if isinstance(said, FoundTransfer):
            return transferring.take_found(number=payload["transfer"], found=said, now=now)
        if isinstance(said, Found):
            channel = charging.get_payment(payload["payment"]).channel
            return paying.take_found(channel=channel, found=said, now=now, grace=self.grace)
        if "transfer" in payload:
            transferring.note_failure(number=payload["transfer"], error=str(said))
        elif "refund" in payload:
            channel_refunds.note_failure(number=payload["refund"], error=str(said))
        else:
            charging.note_failure(number=payload["payment"], error=str(said))
        return AWAY

    def open(self, payload: Payload) -> Opened:
        """Open a payment whose payer is not at a page of ours."""
        number = payload["payment"]
        back_url = f"{self.base_url}/payments/{number}"
        try:
            return asking.call_open(self.channels, number, address="127.0.0.1", back_url=back_url)
        except (ChannelAway, ChannelRefused) as error:
            return error

    def refund(self, payload: Payload) -> Refunded:
        """Let a channel pay a refund; raise ChannelAway, ChannelRefused for what may be otherwise later."""
        try:
            return asking.call_refund(self.channels, payload["refund"])
        except ChannelRefused as refused:
            if refused.code in asking.NOT_YET:
                raise
            return refused

    def transfer(self, payload: Payload) -> Sent:
        """Send a withdrawal, after asking whether the channel has it already; raise ChannelAway."""
        sending = transferring.to_send(payload["transfer"], now=utc_now())
        try:
            return None if sending is None else asking.call_transfer(self.channels, sending)
        except ChannelRefused as refused:
            return refused

    def call_back(self, payload: Payload) -> Sent:
        """Ask for a transfer back; raise ChannelAway."""
        number = payload["transfer"]
        if not calling_transfers_back.is_to_ask(number):
            return None
        try:
            return asking.call_transfer_back(self.channels, number)
        except ChannelRefused as refused:
            if refused.code in asking.NOT_YET:
                raise
            return refused

    def bill(self, payload: Payload) -> Sequence[BillLine]:
        """Fetch a channel's own book of a day."""
        return asking.gateway_of(self.channels, payload["channel"]).bill(date.fromisoformat(payload["day"]))


def handlers(channels: Gateways, *, grace: timedelta, base_url: str) -> dict[str, Handler]:
    """Return how the channels are called; nobody waits for such work where none is set up."""
    if not channels:
        return {}
    calls = Calls(channels, grace, base_url)
    return {
        reconciling.BILL_JOB: Handler(record=note_bill, act=calls.bill),
        charging.OPEN_JOB: Handler(record=note_open, act=calls.open),
        charging.LOOK_JOB: Handler(record=calls.note_look, act=calls.look),
        transferring.TRANSFER_JOB: Handler(record=note_transfer, act=calls.transfer, patience=UNTIL_PAID),
        calling_transfers_back.BACK_JOB: Handler(
            record=note_call_back, act=calls.call_back, patience=UNTIL_PAID
        ),
        channel_refunds.REFUND_JOB: Handler(record=note_refund, act=calls.refund, patience=UNTIL_PAID),
    }


def note_open(payload: Payload, said: Opened, _now: datetime) -> str:
    """Note what the payer does next."""
    if isinstance(said, Action):
        charging.note_opened(number=payload["payment"], action=said)
        return said.kind
    if said is None:
        return ENDED
    charging.note_failure(number=payload["payment"], error=str(said))
    return AWAY


def note_refund(payload: Payload, said: Refunded, now: datetime) -> str:
    """Note how far a refund is, or that the channel will not pay it."""
    if isinstance(said, FoundRefund):
        return channel_refunds.take_found(number=payload["refund"], found=said, now=now)
    if said is None:
        return ENDED
    channel_refunds.note_refused(number=payload["refund"], code=said.code, now=now)
    return f"refused: {said.code}"


def note_transfer(payload: Payload, said: Sent, now: datetime) -> str:
    """Note how far a transfer is, or that the channel has refused it."""
    number = payload["transfer"]
    if isinstance(said, FoundTransfer):
        return transferring.take_found(number=number, found=said, now=now)
    if said is None:
        return transferring.give_up_waiting(number=number, now=now)
    return transferring.note_refused(number=number, code=said.code, now=now)


def note_call_back(payload: Payload, said: Sent, now: datetime) -> str:
    """Note how a transfer stands that was called back, or that it is not taken back."""
    number = payload["transfer"]
    if isinstance(said, FoundTransfer):
        return calling_transfers_back.take_answer(number=number, found=said, now=now)
    if said is None:
        return ENDED
    return calling_transfers_back.note_refused(number=number, code=said.code, now=now)


def note_bill(payload: Payload, lines: Sequence[BillLine], now: datetime) -> str:
    """Keep a channel's own book of a day."""
    channel, day = payload["channel"], date.fromisoformat(payload["day"])
    actor = payload.get("actor", SCHEDULER)
    count = reconciling.store_bill(channel=channel, day=day, lines=lines, now=now, actor=actor)
    return f"{count} lines"
