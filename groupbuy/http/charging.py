"""Payment channels at the edges: opened and asked between two transactions, never inside one."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app, request

from groupbuy.accounts import wechat
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import paying
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import asking, charging
from groupbuy.payments.gateways import Action, ChannelAway, ChannelRefused, Gateways, Opening

NAME = "groupbuy_charging"
# WeChat's own word for a payment that was made already.
PAID_BEFORE = frozenset({"ORDERPAID", "ACQ.TRADE_HAS_SUCCESS"})


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


def open_payment(number: str, *, account_id: int, title: str, back: str) -> str | None:
    """Open a payment at its channel, or look how it stands there; return what went wrong, in a sentence.

    A call that nobody has answered may have been heard: the same number again is the same payment.
    """
    here, payment = charging_here(), charging.get_payment(number)
    if payment.state not in charging.OPEN:
        return None
    opening = Opening(
        number=number,
        amount_fen=payment.amount_fen,
        title=title,
        way=payment.way,
        expires_at=payment.expires_at,
        payer=wechat.openid_of(account_id),
        address=request.remote_addr or "127.0.0.1",
        back_url=here.base_url + back,
    )
    channel = payment.channel
    db.session.rollback()
    try:
        action = asking.gateway_of(here.gateways, channel).open(opening)
    except (ChannelAway, ChannelRefused) as error:
        if error.code in PAID_BEFORE:
            return look(number)
        return _note(number, error)
    _keep(number, action)
    return None


def _keep(number: str, action: Action) -> None:
    in_transaction(lambda: charging.note_opened(number=number, action=action))


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
