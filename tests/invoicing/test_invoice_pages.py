"""An invoice on the pages of the resident and of finance, and by programs."""

from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import tokens
from groupbuy.accounts.queries import get_account
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.orders.models import Order
from tests.building import NOW
from tests.invoicing.office import (
    OFD,
    PDF,
    TAX,
    WANTED,
    XML,
    account_of,
    asked,
    corrected,
    fetch,
    issued,
    refund,
)
from tests.web.admin.people import Person, sign_in

pytestmark = pytest.mark.usefixtures("clock")


def staff(app: Flask, role: str) -> Person:
    return sign_in(app, account_of(role), role)


def buyer_of(app: Flask, order: Order) -> Person:
    return sign_in(app, get_account(order.resident.account_id or 0), "resident")


def send(office: Person, path: str, content: bytes, name: str) -> int:
    data = {"number": "26442000000000000001", "file": (BytesIO(content), name)}
    return int(office.client.post(path, data=data).status_code)


def picture() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (3000, 1000), "white").save(drawn, "PNG")
    return drawn.getvalue()


def verbs(order: Order) -> list[str]:
    """Return what was done with an order, in order."""
    db.session.rollback()
    mine = select(AuditEntry.verb).where(AuditEntry.subject == order.number).order_by(AuditEntry.id)
    return list(db.session.scalars(mine))


def token(account_id: int, role: str) -> dict[str, str]:
    with transaction():
        secret, _ = tokens.issue_token(account=get_account(account_id), role=role, now=NOW, actor="test")
    return {"Authorization": f"Bearer {secret}"}


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
    assert office.client.post(take_back, data={"number": "26442000000000000021"}).status_code == 303
    assert "26442000000000000021" in mine.text(page)
    assert 'name="tax_number"' in mine.text(page)
    assert office.get(f"/admin/invoice-requests/{first}/file").data == PDF
    second = issued(asked(order).id, "26442000000000000023").id
    refund(order, 1)
    corrected()
    client, path = app.test_client(), f"/api/v1/invoice-requests/{second}/reverse"
    office_token = token(account_of("operator").id, "operator")
    done = client.post(path, json={"number": "26442000000000000024", "again": True}, headers=office_token)
    assert (done.status_code, done.json["state"], done.json["red_number"]) == (
        200,
        "reversed",
        "26442000000000000024",
    )
    (row,) = client.get("/api/v1/invoice-requests?state=asked", headers=office_token).json["items"]
    assert (row["kept_fen"], row["title"]) == (2970, WANTED["title"])


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
    for deed in ("issue", "refuse", "reverse"):
        decided = office.text(f"/admin/invoice-requests/{row.id}/{deed}")
        assert ("26442000000000000001" in decided, 'name="number"' in decided) == (True, False)
    assert "26442000000000000001" in mine.text(page)
    file = mine.get(f"{page}/file")
    assert (file.data, file.mimetype) == (PDF, "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert office.get(f"/admin/invoice-requests/{row.id}/file").data == PDF
    exported = office.get("/admin/invoice-requests?export=xlsx")
    assert TAX in str(list(load_workbook(BytesIO(exported.data)).worksheets[0].values))
    assert verbs(order)[-2:] == ["invoice_asked", "invoice_issued"]


def test_a_refusal_says_why_and_a_picture_is_drawn_anew(app: Flask, order: Order) -> None:
    fetch(order)
    mine, office = buyer_of(app, order), staff(app, "finance")
    refuse = f"/admin/invoice-requests/{asked(order).id}/refuse"
    assert office.client.post(refuse, data={"reason": ""}).status_code == 422
    assert office.client.post(refuse, data={"reason": "抬头不全"}).status_code == 303
    page = mine.text(f"/orders/{order.number}/invoice")
    assert ("抬头不全" in page, 'name="tax_number"' in page) == (True, True)
    assert mine.get(f"/orders/{order.number}/invoice/file").status_code == 404
    again = asked(order)
    assert send(office, f"/admin/invoice-requests/{again.id}/issue", picture(), "x.png") == 303
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
    issue = f"/api/v1/invoice-requests/{row['id']}/issue?number=26442077"
    done = client.post(issue, data=PDF, content_type="application/pdf", headers=office)
    assert (done.status_code, done.json["amount_fen"]) == (200, 4950)
    assert client.get(f"{path}/invoice", headers=mine).data == PDF
    assert client.get(f"{path}/invoice-request", headers=mine).json["invoice_number"] == "26442077"
    assert client.get("/api/v1/invoice-requests", headers=mine).status_code == 403


def test_the_resident_downloads_the_red_letter_invoice_beside_the_blue_one(app: Flask, order: Order) -> None:
    fetch(order)
    first = issued(asked(order).id).id
    refund(order, 1)
    corrected()
    mine, office = buyer_of(app, order), staff(app, "finance")
    page, desk = f"/orders/{order.number}/invoice", f"/admin/invoice-requests/{first}"
    red = f"{page}/red/26442000000000000021"
    assert mine.get(red).status_code == 404
    for content in (b"MZ exe", picture(), b"<!DOCTYPE x []><x/>"):
        wrong = {"number": "26442000000000000021", "again": "y", "file": (BytesIO(content), "x.pdf")}
        assert office.client.post(f"{desk}/reverse", data=wrong).status_code == 422
    sent = {"number": "26442000000000000021", "again": "y", "file": (BytesIO(OFD), "x.ofd")}
    assert office.client.post(f"{desk}/reverse", data=sent).status_code == 303
    assert red in mine.text(page)
    file = mine.get(red)
    assert (file.data, file.mimetype) == (OFD, "application/ofd")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert office.get(f"{desk}/red-file").data == OFD
    assert f"{desk}/red-file" in office.text(f"{desk}/red")
    assert verbs(order)[-3:] == ["invoice_reversed", "red_invoice_stored", "invoice_asked"]


def test_the_file_of_a_red_letter_invoice_follows_once(app: Flask, order: Order) -> None:
    fetch(order)
    first = issued(asked(order).id).id
    refund(order, 1)
    corrected()
    mine, office = buyer_of(app, order), staff(app, "finance")
    desk = f"/admin/invoice-requests/{first}"
    assert send(office, f"{desk}/red", XML, "x.xml") == 422
    assert office.client.post(f"{desk}/reverse", data={"number": "26442000000000000021"}).status_code == 303
    assert desk + "/red" in office.text("/admin/invoice-requests?state=reversed")
    assert "文件尚未上传" in mine.text(f"/orders/{order.number}/invoice")
    client, path = app.test_client(), f"/api/v1/invoice-requests/{first}/red-file"
    program = token(account_of("operator").id, "operator")
    assert send(office, f"{desk}/red", b"", "x.xml") == 422
    assert send(office, f"{desk}/red", XML, "x.xml") == 303
    again = client.post(path, data=XML, content_type="application/xml", headers=program)
    assert (again.status_code, again.json["red_number"]) == (200, "26442000000000000021")
    other = client.post(path, data=PDF, content_type="application/pdf", headers=program)
    assert (other.status_code, other.json["error"]["code"]) == (409, "file_stored")
    own = token(order.resident.account_id or 0, "resident")
    got = client.get(f"/api/v1/orders/{order.number}/red-invoices/26442000000000000021", headers=own)
    assert (got.data, got.mimetype) == (XML, "application/xml")
    assert mine.get(f"/orders/{order.number}/invoice/red/26442000000000000021").data == XML
