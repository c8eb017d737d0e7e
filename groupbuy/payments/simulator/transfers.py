"""What WeChat Pay knows of transfers to persons (商家转账): each waits until its payee confirms it."""

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1

from groupbuy.kernel import ids
from groupbuy.payments.simulator.book import Refused
from groupbuy.payments.simulator.keys import Party

PATH = "/v3/fund-app/mch-transfer/transfer-bills"
NAMED_FEN = 200_000
# WeChat takes a transfer back that its payee has not confirmed within a day.
OVERDUE = timedelta(hours=24)
ENDED = ("SUCCESS", "FAIL", "CANCELLED")


@dataclass
class Transfer:
    """A transfer as WeChat keeps it, in fen."""

    number: str
    app_id: str
    merchant: str
    openid: str
    amount_fen: int
    remark: str
    scene: str
    name: str | None
    notify_url: str
    asked_at: datetime
    state: str = "WAIT_USER_CONFIRM"
    reason: str = ""
    bill: str = field(default_factory=lambda: "13" + ids.order_number().zfill(30))
    package: str = field(default_factory=lambda: "affff" + ids.token())
    changed_at: datetime | None = None
    # What has gone to the payee where somebody wants that to be another amount than was asked for.
    paid_fen: int | None = None


class Transfers:
    """All transfers of one merchant."""

    def __init__(self) -> None:
        self.by_number: dict[str, Transfer] = {}
        self.lock = RLock()

    def send(self, transfer: Transfer) -> Transfer:
        """Keep a transfer; the same number again must ask for the same."""
        with self.lock:
            known = self.by_number.setdefault(transfer.number, transfer)
            if (known.amount_fen, known.openid) != (transfer.amount_fen, transfer.openid):
                raise Refused(400, "INVALID_REQUEST")
            return known

    def get(self, number: str, *, now: datetime) -> Transfer:
        """Return a transfer as it stands by now."""
        with self.lock:
            if number not in self.by_number:
                raise Refused(404, "NOT_FOUND")
            found = self.by_number[number]
            if found.state == "WAIT_USER_CONFIRM" and now - found.asked_at >= OVERDUE:
                self.end(number, "CANCELLED", now=now, reason="OVERDUE_CLOSE")
            if found.state == "CANCELING":
                # What the merchant has called back is done by the time it is asked for.
                self.end(number, "CANCELLED", now=now, reason="MERCHANT_CANCEL")
            return found

    def call_back(self, number: str, *, now: datetime) -> Transfer:
        """Take a transfer back for the merchant, which works until its payee has confirmed it."""
        with self.lock:
            found = self.by_number.get(number)
            if found is None:
                raise Refused(404, "NOT_FOUND")
            if found.state not in ("WAIT_USER_CONFIRM", "CANCELING", "CANCELLED"):
                raise Refused(400, "INVALID_REQUEST")
            if found.state == "WAIT_USER_CONFIRM":
                found.state, found.changed_at = "CANCELING", now
            return found

    def end(self, number: str, state: str, *, now: datetime, reason: str = "") -> Transfer:
        """End a transfer as its payee or WeChat does; one that has ended stays as it is."""
        with self.lock:
            if number not in self.by_number:
                raise Refused(404, "NOT_FOUND")
            found = self.by_number[number]
            too_late = found.state == "CANCELING" and state == "SUCCESS"
            if found.state not in ENDED and not too_late:
                found.state, found.changed_at, found.reason = state, now, reason
            return found


def read_request(body: dict[str, Any], *, platform: Party, merchant: str, now: datetime) -> Transfer:
    """Read a request for a transfer; raise Refused."""
    amount, name = body.get("transfer_amount"), body.get("user_name")
    wanted = ("out_bill_no", "transfer_scene_id", "openid", "transfer_remark", "transfer_scene_report_infos")
    if type(amount) is not int or amount < 1 or not all(body.get(one) for one in wanted):
        raise Refused(400, "PARAM_ERROR")
    if not str(body["out_bill_no"]).isalnum() or len(body["transfer_remark"]) > 32:
        raise Refused(400, "PARAM_ERROR")
    if amount >= NAMED_FEN and not name:
        raise Refused(400, "PARAM_ERROR")
    return Transfer(
        number=body["out_bill_no"],
        app_id=body["appid"],
        merchant=merchant,
        openid=body["openid"],
        amount_fen=amount,
        remark=body["transfer_remark"],
        scene=body["transfer_scene_id"],
        name=_open(name, platform) if name else None,
        notify_url=body["notify_url"],
        asked_at=now,
    )


def _open(sealed: str, platform: Party) -> str:
    """Return a name that was encrypted for the channel (RSAES-OAEP with SHA-1, as WeChat has it)."""
    padding = OAEP(MGF1(SHA1()), SHA1(), None)  # noqa: S303 - WeChat's choice.
    try:
        return platform.key.decrypt(b64decode(sealed), padding).decode()
    except ValueError:
        raise Refused(400, "PARAM_ERROR") from None
