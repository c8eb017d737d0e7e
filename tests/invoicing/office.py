"""Invoices driven through the use cases: asked for, issued, and the order refunded or handed out."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import collecting, putting_right
from groupbuy.flows.putting_right import Kind, Reason, Request
from groupbuy.invoicing import correcting, rules, service
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE

TAX = "91350100M000100Y43"
WANTED = {"kind": "company", "title": "绿田有限公司", "tax_number": TAX, "email": "a@example.com"}
PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
XML = '<?xml version="1.0" encoding="UTF-8"?><EInvoice>红字</EInvoice>'.encode()
LATER = CLOSES + timedelta(hours=20)


def _packed() -> bytes:
    """Return the least that counts as an OFD file."""
    file = BytesIO()
    with ZipFile(file, "w") as packed:
        packed.writestr("OFD.xml", "<OFD/>")
    return file.getvalue()


OFD = _packed()


def stored(order: Order) -> Order:
    return db.session.get_one(Order, order.id, populate_existing=True)


def fetch(order: Order) -> None:
    with transaction():
        collecting.verify_pickup(code=order.pickup_code, leader_ids=[order.leader_id], now=LATER, actor=ACTOR)


def refund(order: Order, units: int) -> None:
    wanted = Request(Kind.REFUND, Reason.SPOILED, "发霉了", {"P1": units})
    with transaction():
        case = putting_right.ask(order=stored(order), request=wanted, now=LATER, zone=ZONE, actor=ACTOR)
        putting_right.decide(
            number=case.number, approve=True, answer="", goods="kept", now=LATER, zone=ZONE, actor=ACTOR
        )


def asked(order: Order, **changes: str) -> InvoiceRequest:
    buyer = rules.buyer(**WANTED | changes)
    return in_transaction(lambda: service.ask(order=stored(order), buyer=buyer, now=NOW, actor="test"))


def issued(request_id: int, number: str = "26442000000000000001") -> InvoiceRequest:
    return in_transaction(
        lambda: service.issue(
            request_id=request_id, number=number, mime_type=rules.PDF, content=PDF, now=NOW, actor="test"
        )
    )


def account_of(role: str) -> Account:
    account = building.add_account(role)
    with transaction():
        accounts.grant_role(account=account, role=role, now=NOW, actor="test")
    return account


def told(event: str) -> list[str]:
    return list(db.session.scalars(select(Message.body).where(Message.event == event)))


def corrected() -> int:
    return in_transaction(lambda: correcting.find_wrong(now=LATER))


def reversed_(
    request_id: int, number: str = "26442000000000000002", *, again: bool = True
) -> InvoiceRequest | None:
    return in_transaction(
        lambda: correcting.reverse(request_id=request_id, number=number, again=again, now=LATER, actor="test")
    )
