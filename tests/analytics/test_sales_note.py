"""The sales note of an order adds up to what the order costs, whatever came off it later."""

import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import get_account
from groupbuy.analytics.sales_note import sales_note
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.documents.pdf import write_pdf
from groupbuy.documents.sheet import Sheet
from groupbuy.flows import ordering, putting_right
from groupbuy.flows.putting_right import Kind, Reason, Request
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.models import Order
from groupbuy.payments import paying_back
from tests import building
from tests.building import ACTOR, CLOSES, NOW, ZONE
from tests.web.admin.people import Person, sign_in

LATER = CLOSES + timedelta(hours=20)
# Columns of the note: units, fen, units and fen that changed, fen in the end.
FIGURES = (4, 6, 7, 8, 9)


@pytest.fixture
def order(app: Flask) -> Order:
    """Return a paid order of a closed round: 5 of P1 at ¥9.90, and 1 of P2 that too few wanted."""
    supplier = building.add_supplier()
    goods = [building.add_product(supplier, code, spec="500g/袋") for code in ("P1", "P2")]
    round_ = building.add_round(goods, offers={"P2": {"min_units": 50}})
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 5, "P2": 1})
    with transaction():
        ordering.mark_paid(order=stored(placed.id), now=NOW, actor=ACTOR)
    building.close(app, round_)
    return stored(placed.id)


def stored(order_id: int) -> Order:
    return db.session.get_one(Order, order_id, populate_existing=True)


def refund(order: Order, units: int) -> None:
    request = Request(Kind.REFUND, Reason.SPOILED, "发霉了", {"P1": units})
    with transaction():
        case = putting_right.ask(order=stored(order.id), request=request, now=LATER, zone=ZONE, actor=ACTOR)
        putting_right.decide(number=case.number, approve=True, answer="", now=LATER, zone=ZONE, actor=ACTOR)


def pay_back(order: Order, amount_fen: int) -> None:
    in_transaction(
        lambda: paying_back.pay_back(
            order=stored(order.id), amount_fen=amount_fen, target="cash", reason="退款", now=LATER, actor="x"
        )
    )


def note_of(order: Order) -> Sheet:
    return sales_note(stored(order.id), zone=ZONE, now=LATER)


def figures(note: Sheet) -> list[list[Any]]:
    return [[row[place] for place in FIGURES] for row in (*note.rows(), note.sums())]


def test_what_was_dropped_and_refunded_stands_beside_what_was_ordered(order: Order) -> None:
    refund(order, 2)
    pay_back(order, 990)
    note = note_of(order)
    assert figures(note) == [
        [5, 4950, -2, -1980, 2970],
        [1, 990, -1, -990, 0],
        [6, 5940, -3, -2970, stored(order.id).amount_fen],
    ]
    assert dict(note.closing) == {
        "实售金额（大写）": "贰拾玖元柒角整",
        "已收款": "¥59.40",
        "已退款": "¥9.90",
        "待退款": "¥19.80",
    }
    assert dict(note.head)["客户"] == f"王女士 {order.resident.phone[:3]}****{order.resident.phone[-4:]}"


def test_an_order_that_lost_everything_later_is_still_a_sale(order: Order) -> None:
    refund(order, 5)
    assert (stored(order.id).state, figures(note_of(order))[-1]) == ("cancelled", [6, 5940, -6, -5940, 0])


def test_what_was_never_a_sale_has_no_note(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())], payment="prepaid")
    placed = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    with pytest.raises(RuleBroken, match="never a sale"):
        note_of(placed)
    with transaction():
        ordering.cancel_order(order=stored(placed.id), reason="不要了", now=NOW, actor=ACTOR)
    with pytest.raises(RuleBroken, match="never a sale"):
        note_of(placed)


def test_it_prints_on_one_page_with_every_figure(order: Order, tmp_path: Path) -> None:
    refund(order, 2)
    path = tmp_path / "note.pdf"
    path.write_bytes(write_pdf([note_of(order)]))
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True
    ).stdout
    assert text.count("\f") == 1
    for word in ("销售单", order.number, "商品P1 500g/袋", "19.80", "29.70", "贰拾玖元柒角整", "不是发票"):
        assert word in text, word


def test_it_is_downloaded_by_the_resident_and_the_office_which_is_logged(app: Flask, order: Order) -> None:
    with time_machine.travel(NOW, tick=False):
        mine = sign_in(app, get_account(order.resident.account_id or 0), "resident")
        office = sign_in(app, operator(), "operator")
        link = f"/orders/{order.number}/sales-note"
        assert f"{link}.pdf" in mine.text(f"/orders/{order.number}")
        assert mine.get(f"{link}.pdf").data.startswith(b"%PDF")
        assert not taken(order)
        assert f"/admin{link}.xlsx" in office.text(f"/admin/orders/{order.number}")
        assert order.number in cells(office, f"/admin{link}.xlsx")
        assert f"/admin{link}.pdf" in office.text("/admin/refunds")
    assert taken(order) == ["sales_note"]


def operator() -> Account:
    account = building.add_account("运营")
    with transaction():
        accounts.grant_role(account=account, role="operator", now=NOW, actor="test")
    return account


def cells(person: Person, path: str) -> str:
    return str(list(load_workbook(BytesIO(person.get(path).data)).worksheets[0].values))


def taken(order: Order) -> list[str]:
    """Return the documents of an order that the log says were taken."""
    named = select(AuditEntry).where(AuditEntry.verb == "document_taken", AuditEntry.subject == order.number)
    return [(entry.after or {})["kind"] for entry in db.session.scalars(named)]
