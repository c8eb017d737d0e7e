"""Our own order export has the shape that leaders know, and reads back to the same figures."""

import random
from datetime import timedelta
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.app.documents import render
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.documents.workbooks import read_sheets
from groupbuy.flows import ordering
from groupbuy.flows.moving.reading import read_export
from groupbuy.flows.moving.values import Doubt
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import totals
from groupbuy.orders.export_layout import (
    BUYER_COLUMNS,
    BUYERS,
    GOODS,
    GOODS_COLUMNS,
    NOTES,
    POINT_COLUMNS,
    POINTS,
)
from tests.building import (
    ACTOR,
    CLOSES,
    NOW,
    add_leader,
    add_product,
    add_resident,
    add_round,
    add_supplier,
    close,
    place,
)
from tests.web.leader.conftest import SignIn


def export(app: Flask, desk: FlaskClient, round_: Round) -> bytes:
    """Take the export as a leader does."""
    link = desk.get(f"/leader/rounds/{round_.name}/order_export.xlsx")
    assert link.status_code == HTTPStatus.SEE_OTHER
    return app.test_client().get(link.location).data


def test_it_has_the_three_tables_and_the_notes(
    app: Flask, desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    place(round_, resident, {"P1": 2, "P2": 1}, remark="放门口")
    assert "order_export.xlsx" in desk.get(f"/leader/rounds/{round_.name}").text
    sheets = read_sheets(export(app, desk, round_), (BUYERS, GOODS, POINTS, NOTES))
    assert list(sheets) == [BUYERS, GOODS, POINTS, NOTES]
    assert sheets[BUYERS].rows[0] == BUYER_COLUMNS
    assert sheets[GOODS].rows[0] == GOODS_COLUMNS
    assert sheets[POINTS].rows[0] == (*POINT_COLUMNS, "红富士苹果(5斤装)", "纯牛奶(250ml×12)")
    assert sheets[NOTES].rows[0] == ("说明",)
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "document_taken"))
    assert entry.after == {"kind": "order_export", "code": "L1"}


def test_read_back_it_gives_the_same_orders_residents_and_totals(
    app: Flask, desk: FlaskClient, leader: Leader, round_: Round, resident: Resident
) -> None:
    other = add_resident(leader, "=SUM(A1)", building="12号楼", room="1803")
    place(round_, resident, {"P1": 2, "P2": 1}, remark="放门口")
    place(round_, other, {"P3": 4})
    cancelled = place(round_, other, {"P1": 9})
    with transaction():
        ordering.cancel_order(order=cancelled, reason="test", now=NOW, actor=ACTOR)
    read = read_export(export(app, desk, round_))
    assert read.differences == ()
    assert (len(read.purchases), read.units, read.amount_fen) == totals(round_.id)
    assert [one.remark for one in read.purchases] == ["放门口", ""]
    assert [one.doubts for one in read.purchases] == [(), ()]
    found = {one.phone: (one.name, one.room) for one in read.customers.values()}
    assert found == {resident.phone: ("李女士", "3-2-501"), other.phone: ("=SUM(A1)", "12-1803")}
    assert [(one.code, one.price_fen) for one in read.products] == [("P1", 2990), ("P2", 3990), ("P3", 2580)]


def test_many_odd_orders_of_several_leaders_read_back_to_the_fen(app: Flask) -> None:
    chance = random.Random(7)  # noqa: S311 # No secret: the same orders on each run.
    supplier = add_supplier()
    alike = [add_product(supplier, f"P{n}", name="苹果", spec="一箱", price_fen=101 + n) for n in range(3)]
    odd = [add_product(supplier, f"Q{n}", name=f"商品({n})", price_fen=7 * n + 1) for n in range(70)]
    round_ = add_round([*alike, *odd])
    codes = [one.code for one in (*alike, *odd)]
    for place_ in range(2):
        leader = add_leader(f"L{place_}", name=f"团长{place_}", community=f"小区{place_}")
        for number in range(4):
            resident = add_resident(leader, f"居民{number}", room=f"{number + 1}-{number}01")
            for _time in range(2):
                place(round_, resident, {code: chance.randint(1, 9) for code in chance.sample(codes, 30)})
    for code in ("L0", "L1", None):
        read = read_export(render("order_export", round_.name, code, "xlsx", NOW).content)
        assert read.differences == ()
        assert read.compared > 70
    assert (len(read.purchases), read.units, read.amount_fen) == totals(round_.id)


@pytest.mark.check(58)
def test_a_week_after_the_pickup_phones_are_masked(
    app: Flask, desk: FlaskClient, round_: Round, resident: Resident
) -> None:
    place(round_, resident, {"P1": 2})
    close(app, round_)
    later = CLOSES + timedelta(days=9)
    read = read_export(render("order_export", round_.name, "L1", "xlsx", later).content)
    assert read.purchases[0].doubts == (Doubt.NO_PHONE,)


@pytest.mark.check(24)
def test_another_leader_has_no_export_of_these_orders(
    app: Flask, sign_in: SignIn, round_: Round, resident: Resident
) -> None:
    place(round_, resident, {"P1": 2})
    stranger = sign_in(add_leader("L2").account_id)
    link = stranger.get(f"/leader/rounds/{round_.name}/order_export.xlsx")
    assert app.test_client().get(link.location).status_code == HTTPStatus.NOT_FOUND
