"""The calls that WeChat Pay makes to a merchant: encrypted, signed, and with faults where wanted."""

import json
import secrets
from datetime import datetime
from typing import Any

from groupbuy.finance.rules import BOOKS
from groupbuy.payments.simulator.book import Return, Trade
from groupbuy.payments.simulator.keys import Party, encrypt
from groupbuy.payments.simulator.serving import Call
from groupbuy.payments.simulator.transfers import Transfer

SIGNED = "WECHATPAY2-SHA256-RSA2048"


def payment_call(
    trade: Trade, *, platform: Party, apiv3_key: str, at: datetime, notice_id: str | None = None
) -> Call:
    """Return the call that tells of a payment."""
    said = trade_as_json(trade)
    url = trade.notify_url
    return _call(url, "TRANSACTION.SUCCESS", said, "transaction", platform, apiv3_key, at, notice_id)


def refund_call(
    back: Return, *, platform: Party, apiv3_key: str, at: datetime, notice_id: str | None = None
) -> Call:
    """Return the call that tells of the end of a refund."""
    said = {
        "mchid": back.trade.merchant,
        "out_trade_no": back.trade.number,
        "transaction_id": back.trade.transaction,
        "out_refund_no": back.number,
        "refund_id": back.refund_id,
        "refund_status": back.state,
        "user_received_account": "支付用户零钱",
        "amount": {"total": back.trade.paid_fen, "refund": back.amount_fen},
    }
    if back.done_at is not None:
        said["success_time"] = moment(back.done_at)
    kind = f"REFUND.{back.state}"
    return _call(back.trade.notify_url, kind, said, "refund", platform, apiv3_key, at, notice_id)


def transfer_call(
    transfer: Transfer, *, platform: Party, apiv3_key: str, at: datetime, notice_id: str | None = None
) -> Call:
    """Return the call that tells of the end of a transfer."""
    said = transfer_as_json(transfer)
    kind, url = "MCHTRANSFER.BILL.FINISHED", transfer.notify_url
    return _call(url, kind, said, "mch_payment", platform, apiv3_key, at, notice_id)


def _call(
    url: str,
    kind: str,
    said: dict[str, Any],
    original: str,
    platform: Party,
    apiv3_key: str,
    at: datetime,
    notice_id: str | None,
) -> Call:
    resource = encrypt(apiv3_key, json.dumps(said, ensure_ascii=False), original)
    envelope = {
        "id": notice_id or secrets.token_hex(16),
        "create_time": moment(at),
        "event_type": kind,
        "resource_type": "encrypt-resource",
        "summary": "支付成功",
        "resource": resource | {"original_type": original},
    }
    body = json.dumps(envelope, ensure_ascii=False)
    return Call(url, signed_headers(body, platform=platform, at=at), body.encode())


def signed_headers(body: str, *, platform: Party, at: datetime) -> dict[str, str]:
    """Return the headers by which a merchant knows that WeChat Pay has said a text at a moment."""
    seconds, nonce = str(int(at.timestamp())), secrets.token_hex(16)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Wechatpay-Serial": platform.serial,
        "Wechatpay-Timestamp": seconds,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": platform.sign(seconds, nonce, body),
        "Wechatpay-Signature-Type": SIGNED,
    }


def trade_as_json(trade: Trade) -> dict[str, Any]:
    """Return a payment as WeChat shows it."""
    said: dict[str, Any] = {
        "appid": trade.app_id,
        "mchid": trade.merchant,
        "out_trade_no": trade.number,
        "trade_state": trade.state,
        "trade_state_desc": trade.state,
        "amount": {"total": trade.amount_fen, "currency": "CNY"},
    }
    if trade.paid_at is not None:
        said |= {
            "transaction_id": trade.transaction,
            "trade_type": trade.kind,
            "bank_type": "OTHERS",
            "success_time": moment(trade.paid_at),
            "payer": {"openid": trade.payer},
            "amount": {
                "total": trade.paid_fen,
                "payer_total": trade.paid_fen,
                "currency": "CNY",
                "payer_currency": "CNY",
            },
        }
    return said


def transfer_as_json(transfer: Transfer) -> dict[str, Any]:
    """Return a transfer as WeChat shows it; the package is told with the request only."""
    said: dict[str, Any] = {
        "mch_id": transfer.merchant,
        "out_bill_no": transfer.number,
        "transfer_bill_no": transfer.bill,
        "appid": transfer.app_id,
        "openid": transfer.openid,
        "state": transfer.state,
        "transfer_amount": transfer.amount_fen if transfer.paid_fen is None else transfer.paid_fen,
        "transfer_remark": transfer.remark,
        "create_time": moment(transfer.asked_at),
        "update_time": moment(transfer.changed_at or transfer.asked_at),
    }
    return said | ({"fail_reason": transfer.reason} if transfer.reason else {})


def moment(at: datetime) -> str:
    """Write a moment as WeChat does: RFC 3339 in China's time."""
    return at.astimezone(BOOKS).isoformat(timespec="seconds")
