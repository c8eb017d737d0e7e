"""Who is written to when a round closes, a purchase order leaves or changes, a leader is decided on."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts.models import Account
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.jobs import service as jobs
from groupbuy.leaders.models import Leader
from groupbuy.leaders.rules import LeaderState
from groupbuy.messaging import service as messaging
from groupbuy.messaging.service import MAIL_JOB, Attachment, Mail
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing.history import AMENDMENT_KEY, ORDER_KEY
from groupbuy.purchasing.models import PurchaseAmendment, PurchaseAmendmentLine, PurchaseOrder
from groupbuy.purchasing.rules import POState

# Why a leader is sent sheets, in Chinese and in English.
CLOSED = ("本期已截单", "The round has closed; your sheets are attached.")
LATE = ("有补单，请以此份为准", "An order came late; the sheets attached replace the earlier ones.")


def announce_close(*, round_: Round, now: datetime) -> None:
    """Queue the mails of a closed round to everybody who has an address."""
    heads = purchasing.heads_of_round(round_.id)
    approved = (order for order in heads if order.state == POState.APPROVED)
    suppliers = [mail for order in approved if (mail := mail_of_order(round_, order))]
    messaging.send_mails([*suppliers, *_to_leaders(round_)], now=now)


def send_purchase_order(*, round_: Round, order: PurchaseOrder, now: datetime) -> None:
    """Queue the mail of one purchase order that has just been approved."""
    if order.state == POState.APPROVED and (mail := mail_of_order(round_, order)):
        messaging.send_mails([mail], now=now)


def send_now(*, round_: Round, order: PurchaseOrder, now: datetime) -> bool:
    """Queue the mail of an approved order, or one that failed or waits again, to the address of now.

    False when it was accepted or is in hand, as what may have arrived is not sent twice, and for a
    supplier without an address.
    """
    job = jobs.find(kind=MAIL_JOB, key=f"{ORDER_KEY}{order.id}")
    if job is None:
        mail = mail_of_order(round_, order) if order.state == POState.APPROVED else None
        messaging.send_mails([mail] if mail else [], now=now)
        return mail is not None
    if order.state != POState.APPROVED or not jobs.retry_now(job_id=job.id, now=now, waiting_too=True):
        return False
    messaging.readdress(key=f"{ORDER_KEY}{order.id}", recipient=order.supplier.email)
    return True


def mail_of_order(round_: Round, order: PurchaseOrder) -> Mail | None:
    """Return the mail with which an order leaves; None for a supplier without an address."""
    if not order.supplier.email:
        return None
    return Mail(
        key=f"{ORDER_KEY}{order.id}",
        recipient=order.supplier.email,
        subject=f"采购单 {order.number} · {round_.title}",
        body=f"{order.supplier.name}：\n\n请查收附件采购单 {order.number}，交货日期 {order.due_date}。\n",
        attachments=(Attachment("purchase_order", round_.name, order.supplier.code, "xlsx"),),
    )


def withdraw_purchase_order(*, round_: Round, order: PurchaseOrder, had_left: bool, now: datetime) -> None:
    """Stop the mail of a cancelled order that has not left; tell the supplier of one that may have."""
    key = f"{ORDER_KEY}{order.id}"
    stopped = jobs.withdraw(kind=MAIL_JOB, key=key) or jobs.find(kind=MAIL_JOB, key=key) is None
    if stopped and not had_left:
        return
    if order.supplier.email:
        mail = Mail(
            key=f"pox-{order.id}",
            recipient=order.supplier.email,
            subject=f"采购单取消 {order.number} · {round_.title}",
            body=f"{order.supplier.name}：\n\n采购单 {order.number} 已取消，请勿送货。\n",
        )
        messaging.send_mails([mail], now=now)


def is_in_hand(*, order: PurchaseOrder, now: datetime) -> bool:
    """Tell whether a worker sends an order's mail, or may have; nobody takes its job meanwhile."""
    job = jobs.lock(kind=MAIL_JOB, key=f"{ORDER_KEY}{order.id}")
    if job is None:
        return False
    return job.state == "unknown" or (job.lease_until is not None and job.lease_until > now)


def send_amendments(amendments: Iterable[PurchaseAmendment], *, round_: Round, now: datetime) -> None:
    """Queue the mails of amendments to suppliers with an address: only the difference, old and new."""
    mails = []
    for amendment in amendments:
        order = purchasing.get_purchase_order(amendment.purchase_order_id)
        if not order.supplier.email:
            continue
        changes = "\n".join(_change(line) for line in amendment.lines)
        mails.append(
            Mail(
                key=f"{AMENDMENT_KEY}{amendment.id}",
                recipient=order.supplier.email,
                subject=f"采购变更 {amendment.number} · {round_.title}",
                body=f"{order.supplier.name}：\n\n采购单 {order.number} 有变更，其余不变：\n\n{changes}\n\n"
                "采购变更单见附件。\n",
                attachments=(Attachment("purchase_amendment", amendment.number, None, "xlsx"),),
            )
        )
    messaging.send_mails(mails, now=now)


def _change(changed: PurchaseAmendmentLine) -> str:
    product, size = changed.line.product, changed.line.case_size
    return (
        f"{product.code} {product.name}：原 {changed.former} {product.unit}，现 {changed.purchased}"
        f" {product.unit}（{changed.purchased // size} 箱），增加 {changed.purchased - changed.former}"
    )


def send_sheets_again(*, round_: Round, order: Order, now: datetime) -> None:
    """Queue the leader's sheets with a late order in them, where the leader has an address."""
    leader = db.session.get_one(Leader, order.leader_id)
    if leader.email:
        language = db.session.scalar(select(Account.language).where(Account.id == leader.account_id))
        mail = _sheets(round_, leader, language, f"late-{order.id}", LATE)
        messaging.send_mails([mail], now=now)


def _to_leaders(round_: Round) -> Iterator[Mail]:
    ordered = select(Order.leader_id).where(Order.round_id == round_.id, is_live())
    leaders = select(Leader, Account.language).join(Account, Account.id == Leader.account_id)
    told = leaders.where(Leader.id.in_(ordered), Leader.email.is_not(None)).order_by(Leader.id)
    for leader, language in db.session.execute(told):
        yield _sheets(round_, leader, language, f"leader-{round_.id}-{round_.epoch}-{leader.id}", CLOSED)


def _sheets(round_: Round, leader: Leader, language: str | None, key: str, why: tuple[str, str]) -> Mail:
    """Return the mail with a leader's sheets in the language that the leader reads, Chinese where unknown."""
    chosen = "en" if language == "en" else "zh"
    title, body = {
        "zh": ("提货单", f"{leader.name}团长：\n\n{why[0]}，请查收附件，提货日期 {round_.pickup_date}。\n"),
        "en": ("Pickup sheet", f"{leader.name},\n\n{why[1]} Goods are picked up on {round_.pickup_date}.\n"),
    }[chosen]
    return Mail(
        key=key,
        recipient=leader.email or "",
        subject=f"{title} · {round_.title}",
        body=body,
        attachments=tuple(
            Attachment(kind, round_.name, leader.code, "xlsx", chosen)
            for kind in ("pickup_sheet", "sorting_list")
        ),
    )


_ANSWERS = (LeaderState.REVIEWED, LeaderState.REJECTED)
_DECIDED = {
    LeaderState.REVIEWED: "您的团长申请已通过审核。请登录后在「成为团长」页确认团长协议，确认后即可开团。",
    LeaderState.REJECTED: "很抱歉，您的团长申请未通过审核。",
    LeaderState.SUSPENDED: "您的团长身份已暂停：暂不接新单，已有订单照常发放。",
    LeaderState.ACTIVE: "您的团长身份已恢复，可以继续开团。",
    LeaderState.EXITED: "您已退出团长。",
}


def tell_of_decision(*, leader: Leader, now: datetime) -> None:
    """Queue a mail to a leader or applicant about the state that an operator has just decided on."""
    if not leader.email:
        return
    reason = f"\n原因：{leader.state_reason}" if leader.state_reason else ""
    mail = Mail(
        key=f"decision-{leader.id}-{leader.state}-{now:%Y%m%dT%H%M%S%f}",
        recipient=leader.email,
        subject="团长申请结果" if leader.state in _ANSWERS else "团长身份变更",
        body=f"{leader.name}：\n\n{_DECIDED[LeaderState(leader.state)]}{reason}\n",
    )
    messaging.send_mails([mail], now=now)
