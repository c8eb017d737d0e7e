"""Payment channels at the edges: opened and asked between two transactions, never inside one."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app, request

from groupbuy.config import Settings
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import paying
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.payments import asking, charging
from groupbuy.payments.gateways import ChannelAway, ChannelRefused, Gateways, TransferGateway

NAME = "groupbuy_charging"


@dataclass(frozen=True, slots=True)
class Charging:
    """The channels of an application, and what it says of late payments."""

    gateways: Gateways
    grace: timedelta
    base_url: str


def init_charging(app: Flask, settings: Settings, gateways: Gateways) -> None:
    """Give an application its channels."""
    grace = timedelta(minutes=settings.pay_grace_minutes)
    app.extensions[NAME] = Charging(gateways, grace, settings.base_url)


def charging_here() -> Charging:
    """Return the channels of the application that answers."""
    found: Charging = current_app.extensions[NAME]
    return found


def transfers_here() -> TransferGateway:
    """Return the channel that sends money to leaders; raise RuleBroken ``transfers_off`` without one."""
    found = asking.find_transfers(charging_here().gateways)
    if found is None:
        raise RuleBroken(
            "transfers_off", "Transfers through WeChat are not set up: GROUPBUY_WECHAT_TRANSFER_SCENE."
        )
    return found


def check_way(channel: str, way: str) -> None:
    """Raise ChannelRefused for a channel that is not set up, BadInput for a way that it has not."""
    gateway = asking.gateway_of(charging_here().gateways, channel)
    if way not in gateway.ways:
        raise BadInput("unknown_way", f"{channel} has the ways {', '.join(gateway.ways)}.", param="way")


def open_payment(number: str, *, back: str) -> str | None:
    """Open a payment at its channel, or look how it stands there; return what went wrong, in a sentence.

    A call that nobody has answered may have been heard: the same number again is the same payment.
    """
    here = charging_here()
    address, back_url = request.remote_addr or "127.0.0.1", here.base_url + back
    try:
        action = asking.call_open(here.gateways, number, address=address, back_url=back_url)
    except (ChannelAway, ChannelRefused) as error:
        return look(number) if error.code in asking.PAID_BEFORE else _note(number, error)
    if action is not None:
        in_transaction(lambda: charging.note_opened(number=number, action=action))
    return None


def _note(number: str, error: ChannelAway | ChannelRefused) -> str:
    in_transaction(lambda: charging.note_failure(number=number, error=str(error)))
    return error.message


def look(number: str) -> str | None:
    """Ask the channel of a payment and take in what it says; return what went wrong, in a sentence."""
    here = charging_here()
    try:
        payment = asking.asked(number)
        found = asking.ask_payment(here.gateways, payment, now=utc_now())
    except (ChannelAway, ChannelRefused) as error:
        return _note(number, error)
    channel = payment.channel
    in_transaction(lambda: paying.take_found(channel=channel, found=found, now=utc_now(), grace=here.grace))
    return None
