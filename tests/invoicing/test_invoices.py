"""An invoice from the resident's page to its file: asked once, decided once, of what was paid and kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts import tokens
from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import get_account
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import bookkeeping, collecting, leaving, ordering, putting_right
from groupbuy.flows.putting_right import Kind, Reason, Request
from groupbuy.invoicing import correcting, queries, rules, service
from groupbuy.invoicing.models import InvoiceFile, InvoiceRequest
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.web.admin.people import Person, sign_in

TAX = "91350100M000100Y43"
WANTED = {"kind": "company", "title": "绿田有限公司", "tax_number": TAX, "email": "a@example.com"}
PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
LATER = CLOSES + timedelta(hours=20)


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def order(app: Flask) -> Order:
    """Return an order of 5 at ¥9.90 that is paid and picked up."""
    round_ = building.add_round([building.add_product(building.add_supplier())])
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 5})
    with transaction():
        ordering.mark_paid(order=stored(placed), now=NOW, actor=ACTOR)
    building.close(app, round_)
    return stored(placed)


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


def issued(request_id: int, number: str = "26442000000001") -> InvoiceRequest:
    return in_transaction(
        lambda: service.issue(
            request_id=request_id, number=number, mime_type=rules.PDF, content=PDF, now=NOW, actor="test"
        )
    )


def code_of(deed: object, *arguments: object, **named: object) -> str:
    try:
        deed(*arguments, **named)  # type: ignore[operator] # The helpers above are called.
    except GroupbuyError as error:
        db.session.rollback()
        return error.code
    return "done"


def account_of(role: str) -> Account:
    account = building.add_account(role)
    with transaction():
        accounts.grant_role(account=account, role=role, now=NOW, actor="test")
    return account


def staff(app: Flask, role: str) -> Person:
    return sign_in(app, account_of(role), role)


def buyer_of(app: Flask, order: Order) -> Person:
    return sign_in(app, get_account(order.resident.account_id or 0), "resident")


def told(event: str) -> list[str]:
    return list(db.session.scalars(select(Message.body).where(Message.event == event)))


def test_a_resident_is_told_why_there_is_no_invoice(order: Order) -> None:
    fetch(order)
    request_id = asked(order).id
    in_transaction(lambda: service.refuse(request_id=request_id, reason="税号有误", now=NOW, actor="t"))
    assert told("invoice_refused") == [
        f"订单 {order.number} 的发票未能开具：税号有误。改正后可在订单页重新申请。"
    ]


def test_an_invoice_is_asked_for_once_after_the_pickup_and_is_of_what_is_kept(order: Order) -> None:
    assert code_of(asked, order) == "not_picked_up"
    fetch(order)
    first = asked(order)
    assert asked(order).id == first.id
    assert code_of(asked, order, title="别的公司") == "already_asked"
    refund(order, 2)
    assert issued(first.id).amount_fen == 2970
    assert told("invoice_issued") == [
        f"订单 {order.number} 的发票已开具，金额 ¥29.70，发票号码 26442000000001。可在订单页下载。"
    ]
    assert code_of(issued, first.id) == "already_decided"
    assert code_of(service.refuse, request_id=first.id, reason="x", now=NOW, actor="t") == "already_decided"


def corrected() -> int:
    return in_transaction(lambda: correcting.find_wrong(now=LATER))


def reversed_(
    request_id: int, number: str = "26442000000002", *, again: bool = True
) -> InvoiceRequest | None:
    return in_transaction(
        lambda: correcting.reverse(request_id=request_id, number=number, again=again, now=LATER, actor="test")
    )


def test_an_invoice_of_a_refunded_order_is_taken_back_and_made_anew(app: Flask, order: Order) -> None:
    fetch(order)
    first = issued(asked(order).id).id
    assert corrected() == 0
    refund(order, 1)
    assert [in_transaction(lambda: bookkeeping.keep_books(now=LATER)) is None, corrected()] == [False, 0]
    assert db.session.get_one(InvoiceRequest, first).state == "correcting"
    assert told("invoice_correcting") == [
        f"订单 {order.number} 在开票后有退款，发票 26442000000001 将红冲，请勿再用于报销。"
        "现在应开金额 ¥39.60。"
    ]
    assert code_of(asked, order, title="别的公司") == "already_asked"
    assert code_of(reversed_, first, "26442000000001x") == "bad_format"

    def take_back(number: str) -> str:
        with app.app_context():
            return code_of(reversed_, first, number)

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take_back, ("21", "22"))) == ["already_decided", "done"]
    row = db.session.get_one(InvoiceRequest, first)
    assert (row.state, row.amount_fen, told("invoice_reversed")[0].count(row.red_number or "?")) == (
        "reversed",
        4950,
        1,
    )
    second = queries.live_request(order.id)
    assert second is not None
    assert (second.state, second.title, second.tax_number) == ("asked", row.title, TAX)
    assert code_of(reversed_, second.id) == "already_decided"
    assert issued(second.id, "26442000000003").amount_fen == 3960
    refund(order, 4)
    assert corrected() == 1
    assert code_of(reversed_, second.id, row.red_number) == "number_taken"
    assert reversed_(second.id) is None
    assert code_of(asked, order) == "nothing_paid"


def test_finance_takes_an_invoice_back_on_pages_and_by_programs(app: Flask, order: Order) -> None:
    fetch(order)
    first = issued(asked(order).id).id
    refund(order, 1)
    corrected()
    mine, office = buyer_of(app, order), staff(app, "finance")
    page = f"/orders/{order.number}/invoice"
    assert "请勿再使用" in mine.text(page)
    take_back = f"/admin/invoice-requests/{first}/reverse"
    assert take_back in office.text("/admin/invoice-requests?state=correcting&kept=differs")
    assert office.client.post(take_back, data={"number": ""}).status_code == 422
    assert office.client.post(take_back, data={"number": "21"}).status_code == 303
    assert "21" in mine.text(page)
    assert 'name="tax_number"' in mine.text(page)
    assert office.get(f"/admin/invoice-requests/{first}/file").data == PDF
    second = issued(asked(order).id, "23").id
    refund(order, 1)
    corrected()
    client, path = app.test_client(), f"/api/v1/invoice-requests/{second}/reverse"
    office_token = token(account_of("operator").id, "operator")
    done = client.post(path, json={"number": "24", "again": True}, headers=office_token)
    assert (done.status_code, done.json["state"], done.json["red_number"]) == (200, "reversed", "24")
    (row,) = client.get("/api/v1/invoice-requests?state=asked", headers=office_token).json["items"]
    assert (row["kept_fen"], row["title"]) == (2970, WANTED["title"])


def test_what_nobody_paid_has_no_invoice(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    building.close(app, round_)
    fetch(stored(placed))
    assert code_of(asked, placed) == "nothing_paid"


def test_a_number_is_given_once_and_of_two_deciders_the_second_is_told(app: Flask, order: Order) -> None:
    fetch(order)
    request_id = asked(order).id

    def decide(number: str) -> str:
        with app.app_context():
            return code_of(issued, request_id, number)

    db.session.rollback()
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, ("1", "2"))) == ["already_decided", "done"]
    assert len(db.session.scalars(select(InvoiceFile)).all()) == 1


def test_the_resident_asks_and_finance_issues_on_pages(app: Flask, order: Order) -> None:
    mine, office = buyer_of(app, order), staff(app, "finance")
    page = f"/orders/{order.number}/invoice"
    assert "提货后才能申请开票" in mine.text(page)
    fetch(order)
    assert page in mine.text(f"/orders/{order.number}")
    wrong = mine.client.post(page, data=WANTED | {"tax_number": TAX[:-1] + "4"})
    assert (wrong.status_code, "税号不正确" in wrong.text) == (422, True)
    assert mine.client.post(page, data=WANTED).status_code == 303
    (row,) = db.session.scalars(select(InvoiceRequest)).all()
    listed = office.text("/admin/invoice-requests?state=asked&q=绿田")
    assert (TAX in listed, "¥49.50" in listed) == (True, True)
    issue = f"/admin/invoice-requests/{row.id}/issue"
    assert send(office, issue, b"MZ exe", "x.pdf") == 422
    assert send(office, issue, PDF[:-7], "x.pdf") == 422
    assert send(office, issue, PDF, "x.pdf") == 303
    assert "26442000000001" in mine.text(page)
    file = mine.get(f"{page}/file")
    assert (file.data, file.mimetype) == (PDF, "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert office.get(f"/admin/invoice-requests/{row.id}/file").data == PDF
    exported = office.get("/admin/invoice-requests?export=xlsx")
    assert TAX in str(list(load_workbook(BytesIO(exported.data)).worksheets[0].values))
    assert verbs(order)[-2:] == ["invoice_asked", "invoice_issued"]


def send(office: Person, path: str, content: bytes, name: str) -> int:
    data = {"number": "26442000000001", "file": (BytesIO(content), name)}
    return int(office.client.post(path, data=data).status_code)


def verbs(order: Order) -> list[str]:
    """Return what was done with an order, in order."""
    db.session.rollback()
    mine = select(AuditEntry.verb).where(AuditEntry.subject == order.number).order_by(AuditEntry.id)
    return list(db.session.scalars(mine))


def test_a_refusal_says_why_and_a_picture_is_drawn_anew(app: Flask, order: Order) -> None:
    fetch(order)
    mine, office = buyer_of(app, order), staff(app, "finance")
    refuse = f"/admin/invoice-requests/{asked(order).id}/refuse"
    assert office.client.post(refuse, data={"reason": ""}).status_code == 422
    assert office.client.post(refuse, data={"reason": "抬头不全"}).status_code == 303
    page = mine.text(f"/orders/{order.number}/invoice")
    assert ("抬头不全" in page, 'name="tax_number"' in page) == (True, True)
    assert mine.get(f"/orders/{order.number}/invoice/file").status_code == 404
    again, picture = asked(order), BytesIO()
    Image.new("RGB", (3000, 1000), "white").save(picture, "PNG")
    assert send(office, f"/admin/invoice-requests/{again.id}/issue", picture.getvalue(), "x.png") == 303
    with Image.open(BytesIO(mine.get(f"/orders/{order.number}/invoice/file").data)) as drawn:
        assert (drawn.format, drawn.width) == ("WEBP", 2000)


def test_programs_ask_issue_and_download(app: Flask, order: Order) -> None:
    fetch(order)
    mine = token(order.resident.account_id or 0, "resident")
    office = token(account_of("finance").id, "finance")
    client, path = app.test_client(), f"/api/v1/orders/{order.number}"
    made = client.post(f"{path}/invoice-request", json=WANTED, headers=mine)
    assert (made.status_code, made.json["kept_fen"], made.json["state"]) == (201, 4950, "asked")
    bad = client.post(f"{path}/invoice-request", json=WANTED | {"tax_number": "1"}, headers=mine)
    assert (bad.status_code, bad.json["error"]["param"]) == (422, "tax_number")
    (row,) = client.get("/api/v1/invoice-requests?state=asked", headers=office).json["items"]
    issue = f"/api/v1/invoice-requests/{row['id']}/issue?number=77"
    done = client.post(issue, data=PDF, content_type="application/pdf", headers=office)
    assert (done.status_code, done.json["amount_fen"]) == (200, 4950)
    assert client.get(f"{path}/invoice", headers=mine).data == PDF
    assert client.get(f"{path}/invoice-request", headers=mine).json["invoice_number"] == "77"
    assert client.get("/api/v1/invoice-requests", headers=mine).status_code == 403


def token(account_id: int, role: str) -> dict[str, str]:
    with transaction():
        secret, _ = tokens.issue_token(account=get_account(account_id), role=role, now=NOW, actor="test")
    return {"Authorization": f"Bearer {secret}"}


def test_who_leaves_takes_the_own_data_along_and_leaves_issued_invoices(order: Order) -> None:
    fetch(order)
    issued(asked(order).id)
    account_id = order.resident.account_id or 0
    data = in_transaction(lambda: leaving.own_data(account_id=account_id, now=LATER, actor="test"))
    assert data["invoices"][0]["tax_number"] == TAX
    in_transaction(lambda: leaving.leave(account_id=account_id, now=LATER, actor="test"))
    left = db.session.scalars(select(InvoiceRequest)).one()
    assert (left.title, left.email, left.invoice_number) == ("绿田有限公司", "", "26442000000001")
