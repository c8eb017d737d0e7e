"""The jobs that call payment channels: how far is a payment or refund, and pay a refund."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from groupbuy.audit.service import SCHEDULER
from groupbuy.flows import paying
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
    Gateways,
)
from groupbuy.scheduler.work import Handler

# Money that is owed is paid, however long the channel is away.
UNTIL_PAID = Patience(first=timedelta(seconds=15), longest=timedelta(minutes=30), attempts=None)


def handlers(channels: Gateways, *, grace: timedelta, base_url: str) -> dict[str, Handler]:
    """Return how the channels are called; nobody waits for such work where none is set up."""
    if not channels:
        return {}

    def look(payload: Mapping[str, Any]) -> Found | FoundRefund | Exception:
        # What goes wrong is noted beside the payment; the next question is due by itself.
        try:
            if "refund" in payload:
                return asking.ask_refund(channels, payload["refund"])
            return asking.ask_payment(channels, asking.asked(payload["payment"]), now=utc_now())
        except (ChannelAway, ChannelRefused) as error:
            return error

    def note_look(payload: Mapping[str, Any], said: Found | FoundRefund | Exception, now: datetime) -> str:
        if isinstance(said, FoundRefund):
            return channel_refunds.take_found(number=payload["refund"], found=said, now=now)
        if isinstance(said, Found):
            channel = charging.get_payment(payload["payment"]).channel
            return paying.take_found(channel=channel, found=said, now=now, grace=grace)
        if "refund" in payload:
            channel_refunds.note_failure(number=payload["refund"], error=str(said))
        else:
            charging.note_failure(number=payload["payment"], error=str(said))
        return "channel away"

    def open_(payload: Mapping[str, Any]) -> Action | Exception | None:
        number = payload["payment"]
        try:
            return asking.call_open(
                channels, number, address="127.0.0.1", back_url=f"{base_url}/payments/{number}"
            )
        except (ChannelAway, ChannelRefused) as error:
            return error

    def note_open(payload: Mapping[str, Any], said: Action | Exception | None, _now: datetime) -> str:
        if isinstance(said, Action):
            charging.note_opened(number=payload["payment"], action=said)
            return said.kind
        if said is None:
            return "ended before"
        charging.note_failure(number=payload["payment"], error=str(said))
        return "channel away"

    def refund(payload: Mapping[str, Any]) -> FoundRefund | ChannelRefused | None:
        try:
            return asking.call_refund(channels, payload["refund"])
        except ChannelRefused as refused:
            if refused.code in asking.NOT_YET:
                raise
            return refused

    def note_refund(
        payload: Mapping[str, Any], said: FoundRefund | ChannelRefused | None, now: datetime
    ) -> str:
        if isinstance(said, FoundRefund):
            return channel_refunds.take_found(number=payload["refund"], found=said, now=now)
        if said is None:
            return "ended before"
        channel_refunds.note_refused(number=payload["refund"], code=said.code, now=now)
        return f"refused: {said.code}"

    def bill(payload: Mapping[str, Any]) -> Sequence[BillLine]:
        return asking.gateway_of(channels, payload["channel"]).bill(date.fromisoformat(payload["day"]))

    def note_bill(payload: Mapping[str, Any], lines: Sequence[BillLine], now: datetime) -> str:
        day = date.fromisoformat(payload["day"])
        count = reconciling.store_bill(
            channel=payload["channel"], day=day, lines=lines, now=now, actor=SCHEDULER
        )
        return f"{count} lines"

    return {
        reconciling.BILL_JOB: Handler(record=note_bill, act=bill),
        charging.OPEN_JOB: Handler(record=note_open, act=open_),
        charging.LOOK_JOB: Handler(record=note_look, act=look),
        channel_refunds.REFUND_JOB: Handler(record=note_refund, act=refund, patience=UNTIL_PAID),
    }
