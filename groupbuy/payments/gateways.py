"""Payment channels behind one protocol: what is asked of them and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from groupbuy.kernel.errors import GroupbuyError

# A call that is older or further ahead is a replay, or comes from a clock that cannot be trusted.
FRESH = timedelta(seconds=300)
CURRENCY = "CNY"

WAITING, PAID, CLOSED, UNKNOWN = "waiting", "paid", "closed", "unknown"
PROCESSING, SUCCESS, ABNORMAL, FAILED = "processing", "success", "abnormal", "failed"


class ChannelAway(GroupbuyError):
    """Say that nobody knows what became of a call: no answer, a late one, or one that is not genuine."""

    status = 503


class ChannelRefused(GroupbuyError):
    """Say that the channel has understood a call and will not do it; ``code`` is the channel's own."""

    status = 409


class NotGenuine(GroupbuyError):
    """Say that a call to us does not come from the channel, or not now."""

    status = 401


@dataclass(frozen=True, slots=True)
class Opening:
    """A payment to be opened: ``way`` is one of the gateway's, ``payer`` an openid where that needs one."""

    number: str
    amount_fen: int
    title: str
    way: str
    expires_at: datetime
    payer: str | None
    address: str
    back_url: str


@dataclass(frozen=True, slots=True)
class Action:
    """What a payer does next: scan ``qr``, follow ``link``, or let the page call WeChat with ``jsapi``."""

    kind: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What the channel says of a payment: waiting, paid, closed or unknown; what was paid if so."""

    number: str
    state: str
    amount_fen: int = 0
    currency: str = CURRENCY
    transaction: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Returning:
    """A refund to be asked for, in fen, of a payment that was ``payment_fen``."""

    number: str
    payment_number: str
    payment_fen: int
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class FoundRefund:
    """What the channel says of a refund: processing, success, abnormal, closed or unknown."""

    number: str
    state: str
    amount_fen: int = 0
    transaction: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """A transfer to be sent to a person, in fen; ``payee`` is an openid, ``name`` that of its holder."""

    number: str
    amount_fen: int
    payee: str
    name: str


@dataclass(frozen=True, slots=True)
class FoundTransfer:
    """What the channel says of a transfer: processing, waiting, success, failed or unknown.

    A waiting one is to be confirmed by the payee, with ``package`` where the channel has told it.
    """

    number: str
    state: str
    amount_fen: int = 0
    transaction: str | None = None
    at: datetime | None = None
    package: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A genuine call of the channel; ``said`` is None for one that tells us nothing we follow."""

    id: str
    kind: str
    said: Found | FoundRefund | FoundTransfer | None


@dataclass(frozen=True, slots=True)
class BillLine:
    """A movement in the channel's own book, in fen: of kind ``pay`` or ``refund``."""

    kind: str
    number: str
    payment_number: str
    amount_fen: int
    transaction: str
    at: datetime


class TransferGateway(Protocol):
    """A channel that sends money to persons; calls raise as those of ``PaymentGateway``."""

    def send(self, sending: Sending) -> FoundTransfer:
        """Send money; again with the same number is the same transfer."""

    def query(self, number: str) -> FoundTransfer:
        """Return what the channel knows of a transfer; unknown where it has never heard of it."""

    def call_back(self, number: str) -> FoundTransfer:
        """Ask for a transfer back that its payee has not confirmed; again changes nothing.

        ChannelRefused where it cannot be called back any more.
        """

    def confirmation(self, package: str) -> Mapping[str, str]:
        """Return what a page hands to the channel so that the payee can confirm."""


class PaymentGateway(Protocol):
    """A channel. Calls raise ChannelAway when the outcome is unknown, ChannelRefused for a plain no."""

    @property
    def name(self) -> str:
        """Return the channel's name in accounts and addresses."""

    @property
    def ways(self) -> Sequence[str]:
        """Return how one can pay."""

    @property
    def transfers(self) -> TransferGateway | None:
        """Return how money is sent to persons, None where that is not set up."""

    def open(self, opening: Opening) -> Action:
        """Open a payment; again with the same number is the same payment."""

    def query(self, number: str) -> Found:
        """Return what the channel knows of a payment."""

    def close(self, number: str) -> None:
        """Let nobody pay a payment any more; ChannelRefused where it was paid in the meantime."""

    def refund(self, returning: Returning) -> FoundRefund:
        """Give money back; again with the same number is the same refund."""

    def query_refund(self, number: str, *, payment_number: str) -> FoundRefund:
        """Return what the channel knows of a refund."""

    def read_notice(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Notice:
        """Return what a call to us says; raise NotGenuine."""

    def bill(self, day: date) -> Sequence[BillLine]:
        """Return the channel's own book of a day; raise ChannelRefused where there is none."""


Gateways = Mapping[str, PaymentGateway]
