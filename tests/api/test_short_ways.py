"""Orders with a key and pickups go a short way, which gives what the long way gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from groupbuy.accounts.models import ApiToken
from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import collecting
from groupbuy.http.models import IdempotencyKey
from groupbuy.orders.models import Order
from tests.api.conftest import Town, close
from tests.building import ACTOR, CLOSES


@contextmanager
def asked() -> Iterator[list[str]]:
    """Collect the statements that run meanwhile; those by PostgreSQL's driver itself are not seen."""
    found: list[str] = []

    def listen(*arguments: Any) -> None:
        found.append(arguments[2])

    driver = db.session.connection().connection.driver_connection
    embedded = db.engine.dialect.name == "sqlite"
    if embedded:
        driver.set_trace_callback(found.append)
    else:
        event.listen(db.engine, "before_cursor_execute", listen)
    db.session.rollback()
    found.clear()
    yield found
    if embedded:
        driver.set_trace_callback(None)
    else:
        event.remove(db.engine, "before_cursor_execute", listen)


def answers_kept() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(IdempotencyKey)) or 0


@pytest.mark.parametrize("payment", ["to_leader", "prepaid"])
def test_what_is_answered_under_a_key_is_what_is_read_later(town: Town, payment: str) -> None:
    with transaction():
        db.session.merge(town.round).payment = payment
    buyer = town.buyer
    for key in ("first", "second"):
        answer = buyer.order({"P2": 1, "P1": 2}, key=key, remark='放“门口” "ok"')
        assert answer.status_code == 201
        assert answer.json == buyer.get(f"/orders/{answer.json['order_no']}").json
        assert buyer.order({"P2": 1, "P1": 2}, key=key, remark='放“门口” "ok"').data == answer.data
    assert answers_kept() == 2


def test_an_order_with_a_key_is_a_few_statements(town: Town, database_kind: str) -> None:
    buyer = town.buyer
    buyer.order({"P2": 1}, key="first")
    with asked() as statements:
        assert buyer.order({"P2": 1}, key="second").status_code == 201
    # BEGIN, look, order, stock, share, line, log, answer, COMMIT; or the one statement by itself.
    assert len(statements) == (9 if database_kind == "sqlite" else 0), statements


@pytest.mark.check(36)
def test_nothing_is_kept_under_a_key_for_a_token_that_has_ended(town: Town) -> None:
    buyer = town.buyer
    assert buyer.order({"P2": 1}, key="first").status_code == 201
    with transaction():
        for token in db.session.scalars(select(ApiToken)):
            token.revoked_at = token.created_at
    for quantities, key in (({"P2": 1}, "first"), ({"P2": 1}, "second"), ({"NONE": 1}, "third")):
        assert buyer.order(quantities, key=key).status_code == 401
    assert answers_kept() == 1


def test_a_code_is_a_few_statements(town: Town, clock: Any, database_kind: str) -> None:
    codes = [town.buyer.order({"P2": 1}).json["pickup_code"] for _ in range(2)]
    close(town, clock)
    head = town.head
    assert head.post("/pickups/verify", {"code": codes[0]}).status_code == 200
    with asked() as statements:
        assert head.post("/pickups/verify", {"code": codes[1]}).status_code == 200
    # BEGIN, order, log, resident and case, lines, COMMIT; or the lines, after two of the driver itself.
    assert len(statements) == (6 if database_kind == "sqlite" else 1), statements


def test_both_ways_hand_out_the_same_and_log_the_same(town: Town, clock: Any) -> None:
    orders = [town.buyer.order({"P1": 2, "P2": 1}).json for _ in range(2)]
    close(town, clock)
    quick = town.head.post("/pickups/verify", {"code": orders[0]["pickup_code"]}).json
    with transaction():
        (long,) = collecting.verify_pickup(
            code=orders[1]["pickup_code"], leader_ids=[town.leader.id], now=CLOSES, actor=ACTOR
        )
    given = [(line["product_code"], line["quantity"], line["amount_fen"]) for line in quick["lines"]]
    assert given == [(one["product_code"], one["quantity"], one["amount_fen"]) for one in orders[0]["lines"]]
    assert [line[:2] for line in given] == [(line.product_code, line.units) for line in long.lines]
    assert {row.version for row in db.session.scalars(select(Order))} == {2}
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "order_picked_up")).all()
    assert len({(str(one.before), str(one.after), one.subject_kind) for one in logged}) == 1
    assert {one.subject for one in logged} == {order["order_no"] for order in orders}


@pytest.mark.check(29, 37)
def test_who_is_nobody_any_more_and_what_is_asked_back_hands_out_nothing(town: Town, clock: Any) -> None:
    first, second = (town.buyer.order({"P2": 1}).json for _ in range(2))
    close(town, clock)
    head = town.head
    line = {"product_code": "P2", "quantity": 1}
    case = {"kind": "refund", "reason": "other", "text": "不要了", "lines": [line]}
    assert town.buyer.post(f"/orders/{first['order_no']}/after-sales", case).status_code == 201
    held = head.post("/pickups/verify", {"code": first["pickup_code"]})
    assert (held.status_code, held.json["error"]["code"]) == (409, "refund_open")
    with transaction():
        for token in db.session.scalars(select(ApiToken).where(ApiToken.role == "leader")):
            token.revoked_at = token.created_at
    assert head.post("/pickups/verify", {"code": second["pickup_code"]}).status_code == 401
    assert not db.session.scalars(select(Order).where(Order.state == "picked_up")).all()


@pytest.mark.check(36)
def test_a_pickup_under_a_key_is_answered_again(town: Town, clock: Any) -> None:
    codes = [town.buyer.order({"P2": 1}).json["pickup_code"] for _ in range(2)]
    close(town, clock)
    head = town.head
    for code in codes:
        first, again = (head.post("/pickups/verify", {"code": code}, key=code) for _ in range(2))
        assert (first.status_code, first.data) == (again.status_code, again.data) == (200, first.data)
        assert head.post("/pickups/verify", {"code": "x"}, key=code).status_code == 422
