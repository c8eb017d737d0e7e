"""Every figure of a report that an account of the ledger holds is proved by it, whatever has happened.

After the day of trade: of 7 of P1 two go back, P2 goes back to its supplier, one is written off, a claim, a
deduction, a rebate and a price are booked, and the stock is counted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from groupbuy.analytics import trade_base, trade_reports
from groupbuy.analytics.trade_base import Wanted
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import crediting
from groupbuy.orders.models import OrderLine
from groupbuy.settlements import adjusting
from groupbuy.warehouse import issuing, stock
from tests import building
from tests.analytics.trade import KEPT, SPAN, TODAY, sums
from tests.money import keep
from tests.warehouse import day
from tests.web.test_money_pages import finance

pytestmark = pytest.mark.usefixtures("trade")

# What came, less two of P2 that went back, a claim, a deduction and a rebate, with a price that rose.
BOUGHT = 5500 + 6 * 333 - 2 * 333 - 1234 - 500 - 77 + 30
KINDS = ("claim", "deduction", "rebate", "price")


def test_purchases_are_all_that_changed_what_suppliers_are_owed(app: Flask) -> None:
    send_back(2, KEPT)
    for kind, fen in (("claim", -1234), ("deduction", -500), ("rebate", -77), ("price", 30)):
        adjust("S1", kind, fen, KEPT)
    keep(KEPT + timedelta(minutes=5))
    whole = {"delivered": 18, "rejected": 1, "accepted": 17 - 2, "amount": BOUGHT}
    assert sums("purchases") == (whole, BOUGHT)
    narrow = Wanted(TODAY.since, TODAY.until, supplier="S2")
    assert sums("purchases", narrow)[0]["amount"] == 4 * 333
    assert sums("purchases", Wanted(TODAY.since, TODAY.until, product="P2"))[0]["amount"] == 4 * 333
    assert sums("purchases", Wanted(TODAY.since, TODAY.until, warehouse="MAIN"))[0]["amount"] == 5500
    office = finance(app)
    page = office.get(f"/admin/reports/purchases?{SPAN}").text
    for word in ("收货", "退供", "索赔", "扣款", "返利", "价差", "压坏", "-¥12.34"):
        assert word in page, word
    assert office.get(f"/api/v1/reports/purchases?{SPAN}").json["proofs"] == {"amount": BOUGHT}
    assert "退供" in office.get(f"/admin/reports/purchases?{SPAN}&export=csv").text


def test_margins_freight_and_goods_in_and_out_show_the_ledger_beside_each_of_their_columns(
    app: Flask,
) -> None:
    commission = 693 + 99 + 297 + 99
    for by in ("product", "leader", "supplier", "route"):
        assert proofs(f"margin-{by}") == {"amount": 12 * 990, "commission": commission}
    for by in ("leader", "route"):
        assert proofs(f"freight-{by}") == {"amount": 850, "freight": 600, "door": 250}
    moved = {"bought_fen": 7498, "sold_fen": 12 * 990, "stocked_fen": 1166}
    assert proofs("in-out") == moved
    office = finance(app)
    page = office.get(f"/admin/reports/margin-leader?{SPAN}").text
    assert (page.count("与账面一致"), "没有单独科目" in page) == (2, True)
    book = load_workbook(BytesIO(office.get(f"/admin/reports/margin-leader?{SPAN}&export=xlsx").data))
    text = str(list(book.worksheets[0].values))
    assert ("账面佣金" in text, "没有单独科目" in text) == (True, True)
    narrowed = office.get(f"/admin/reports/margin-leader?{SPAN}&leader=L1").text
    assert ("账面" in narrowed, office.get(f"/api/v1/reports/in-out?{SPAN}").json["proofs"]) == (False, moved)


deeds = st.lists(
    st.tuples(st.sampled_from(("back", "return", "write_off", "count", *KINDS)), st.integers(1, 3)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=8)
@given(deeds)
def test_every_proof_of_every_report_holds_each_hour_whatever_happens(wanted: list[tuple[str, int]]) -> None:
    start = next_hour()
    for number, (deed, size) in enumerate(wanted):
        now = start + timedelta(hours=number)
        DEEDS[deed](size, now)
        keep(now + timedelta(minutes=5))
    for span in (
        Wanted(start, start + timedelta(hours=len(wanted))),
        *(Wanted(start + timedelta(hours=n), start + timedelta(hours=n + 1)) for n in range(len(wanted))),
        Wanted(TODAY.since, start + timedelta(days=30)),
    ):
        for name in trade_reports.REPORTS:
            assert_proved(name, span)
    assert day.wrong() == []


def assert_proved(name: str, span: Wanted) -> None:
    found = trade_base.figures(trade_reports.get_report(name), span)
    assert found.proofs
    assert {column: found.sums[column] for column in found.proofs} == found.proofs, name


def next_hour() -> datetime:
    """Return an hour behind everything that examples before have booked, in one database."""
    TIMES.append(TIMES[-1] + timedelta(hours=12) if TIMES else KEPT + timedelta(hours=1))
    return TIMES[-1]


TIMES: list[datetime] = []


def proofs(name: str) -> Mapping[str, int]:
    found = trade_base.figures(trade_reports.get_report(name), TODAY)
    assert all(found.sums[column] == fen for column, fen in found.proofs.items())
    return dict(found.proofs)


def product(code: str) -> Product:
    return db.session.query(Product).filter_by(code=code).one()


def send_back(units: int, now: datetime) -> None:
    _leave("supplier_return", units, now)


def write_off(units: int, now: datetime) -> None:
    _leave("write_off", units, now)


def _leave(kind: str, units: int, now: datetime) -> None:
    """Let some of P2 leave the stock, as many as there are."""
    units = min(units, day.in_stock(product("P2")))
    if units:
        with transaction():
            issuing.issue(
                product=product("P2"),
                kind=kind,
                units=units,
                reason="压坏",
                now=now,
                zone=building.ZONE,
                actor="account:1",
            )


def count(units: int, now: datetime) -> None:
    with transaction():
        seen = day.in_stock(product("P1"))
        stock.count(product=product("P1"), counted=units, seen=seen, now=now, actor="account:1")


def take_off(units: int, now: datetime) -> None:
    line = db.session.query(OrderLine).filter(OrderLine.quantity > 0).order_by(OrderLine.id).first()
    if line:
        with transaction():
            crediting.take_off(
                {line.id: min(units, line.quantity)}, cause=f"t:{now}", now=now, actor=building.ACTOR
            )


def adjust(code: str, kind: str, fen: int, now: datetime) -> None:
    supplier = db.session.query(Supplier).filter_by(code=code).one()
    with transaction():
        adjusting.adjust(
            supplier_id=supplier.id,
            kind=kind,
            amount_fen=fen,
            cause=f"t:{kind}:{now}",
            note="压坏",
            now=now,
            actor="account:1",
        )


def _adjusting(kind: str) -> Callable[[int, datetime], None]:
    return lambda size, now: adjust("S1", kind, -size * 33, now)


DEEDS: Mapping[str, Callable[[int, datetime], None]] = {
    "back": take_off,
    "return": send_back,
    "write_off": write_off,
    "count": count,
    **{kind: _adjusting(kind) for kind in KINDS},
}
