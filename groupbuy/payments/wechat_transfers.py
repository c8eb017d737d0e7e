"""Money sent to persons through WeChat Pay (商家转账, API v3): the payee confirms each transfer in WeChat."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from groupbuy.config import WechatPaySettings
from groupbuy.payments import gateways
from groupbuy.payments.gateways import ChannelAway, ChannelRefused, FoundTransfer, Sending
from groupbuy.payments.wechat_hosts import Client

FINISHED = "MCHTRANSFER.BILL.FINISHED"
# From this amount on WeChat compares the name of the payee, and wants to know it.
NAMED_FEN = 200_000
MAX_WORDS = 200
STATES = {
    "ACCEPTED": gateways.PROCESSING,
    "PROCESSING": gateways.PROCESSING,
    "WAIT_USER_CONFIRM": gateways.WAITING,
    "TRANSFERING": gateways.PROCESSING,
    "CANCELING": gateways.PROCESSING,
    "SUCCESS": gateways.SUCCESS,
    "FAIL": gateways.FAILED,
    "CANCELLED": gateways.FAILED,
}
Ask = Callable[[Callable[[Client], tuple[int, Any]]], Mapping[str, Any]]


class WechatTransfers:
    """Transfers of one merchant; ``ask`` calls WeChat Pay and verifies what it says."""

    def __init__(self, settings: WechatPaySettings, ask: Ask) -> None:
        self._settings = settings
        self._ask = ask

    def send(self, sending: Sending) -> FoundTransfer:
        """Send money; again with the same number is the same transfer."""
        settings = self._settings.transfer
        if settings is None:
            raise ChannelAway("channel_off", "WeChat transfers are not set up.")
        report = [{"info_type": kind, "info_content": text} for kind, text in settings.report]
        answer = self._ask(
            lambda client: client.mch_transfer_bills(
                out_bill_no=sending.number,
                transfer_scene_id=settings.scene,
                openid=sending.payee,
                transfer_amount=sending.amount_fen,
                transfer_remark=settings.remark,
                user_name=sending.name if sending.amount_fen >= NAMED_FEN else None,
                transfer_scene_report_infos=report,
            )
        )
        return self._ours(read_transfer(answer), sending.number)

    def query(self, number: str) -> FoundTransfer:
        """Return what WeChat knows of a transfer; unknown where it has never heard of it.

        WeChat forgets transfers after thirty days, so nobody may take a later "unknown" for "never sent".
        """
        try:
            answer = self._ask(lambda client: client.mch_transfer_bills_query(out_bill_no=number))
        except ChannelRefused as refused:
            if refused.code == "NOT_FOUND":
                return FoundTransfer(number, gateways.UNKNOWN)
            raise
        if answer.get("mch_id") != self._settings.merchant:
            raise ChannelAway("bad_answer", "WeChat Pay answers for another merchant.")
        return self._ours(read_transfer(answer), number)

    def call_back(self, number: str) -> FoundTransfer:
        """Ask for a transfer back (撤销转账); an answer means that WeChat works on it."""
        answer = self._ask(lambda client: client.mch_transfer_bills_cancel(out_bill_no=number))
        return self._ours(read_transfer(answer), number)

    def _ours(self, found: FoundTransfer, number: str) -> FoundTransfer:
        if found.number != number:
            raise ChannelAway("bad_answer", "WeChat Pay answers for another transfer.")
        return found

    def confirmation(self, package: str) -> Mapping[str, str]:
        """Return what a page hands to WeChat (requestMerchantTransfer) so that the payee can confirm."""
        return {"mchId": self._settings.merchant, "appId": self._settings.app_id, "package": package}


def read_transfer(said: Mapping[str, Any]) -> FoundTransfer:
    """Read what WeChat says of a transfer; a state that is new to us counts as under way."""
    amount, package = said.get("transfer_amount"), said.get("package_info")
    state, reason = str(said.get("state", "")), said.get("fail_reason")
    return FoundTransfer(
        number=str(said.get("out_bill_no", "")),
        state=STATES.get(state, gateways.PROCESSING),
        # True is an int for Python; a float is never an amount.
        amount_fen=amount if type(amount) is int else 0,
        transaction=said.get("transfer_bill_no"),
        at=_moment(said.get("update_time")),
        package=package if isinstance(package, str) else None,
        reason=str(reason or state)[:MAX_WORDS],
    )


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
