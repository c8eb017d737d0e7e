"""The invariants hold after ordinary days, and see what was done to the books behind their back."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from groupbuy.analytics.invariants import check_all
from groupbuy.campaigns.models import Round
from groupbuy.commissions.rules import Rate, Tier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import closing, ordering
from groupbuy.http.models import IdempotencyKey
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.support.commands import Run
from tests.support.tampering import tamper

REST = CLOSES + timedelta(minutes=5)


def violations(at_rest: bool = False) -> set[str]:
    return {found.name for found in check_all(now=REST, at_rest=at_rest) if found.violations}


@pytest.fixture
def closed_round(app: Flask) -> Round:
    """Return a closed round with limits, tiers, a dropped offer, a cancelled order and a bag."""
    building.set_commission(Rate(tiers=(Tier(0, 500), Tier(3000, 1000))))
    supplier = building.add_supplier()
    products = [building.add_product(supplier, f"P{i}") for i in range(3)]
    offers = {"P0": {"limit_units": 20, "per_buyer_limit": 5}, "P2": {"min_units": 50}}
    round_ = building.add_round(products, offers=offers)
    residents = [building.add_resident(building.add_leader(f"L{i}"), f"居民{i}") for i in range(2)]
    for resident in [*residents, residents[0]]:
        building.place(round_, resident, {"P0": 2, "P1": 1, "P2": 1})
    gone = building.place(round_, residents[1], {"P1": 7})
    with transaction():
        ordering.cancel_order(order=gone, reason="changed my mind", now=NOW, actor=ACTOR)
    return building.close(app, round_)


def test_all_invariants_hold_after_a_round(app: Flask, closed_round: Round) -> None:
    assert violations() == set()


def test_nothing_is_owed_after_the_scheduler_has_come_to_rest(app: Flask, closed_round: Round) -> None:
    building.close(app, closed_round, now=REST)
    assert violations(at_rest=True) == set()


def test_all_invariants_hold_after_a_round_is_cancelled(app: Flask) -> None:
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    with transaction():
        closing.cancel_round(round_=round_, reason="no lorry", now=NOW, actor=ACTOR.name)
    assert violations() == set()


DAMAGE = [
    ("UPDATE offer_stock SET sold = sold + 1 WHERE offer_id = 1", {"stock_sold"}),
    ("UPDATE offer_stock SET sealed = false WHERE offer_id = 1", {"offer_seal"}),
    ("UPDATE offer_buyer SET units = units - 1", {"buyer_units"}),
    ('UPDATE "order" SET amount_fen = amount_fen + 1 WHERE id = 1', {"order_amount"}),
    ("UPDATE demand SET amount_fen = amount_fen - 1", {"demand_amount"}),
    ("DELETE FROM demand WHERE offer_id = 2", {"demand_units", "demand_amount", "purchase_lines"}),
    ("UPDATE purchase_order SET units = units + 1", {"purchase_units"}),
    ("UPDATE purchase_order SET cost_fen = 0", {"purchase_cost"}),
    ("UPDATE commission_entry SET amount_fen = amount_fen + 1", {"commission"}),
    ("UPDATE order_line SET rate_bp = 1", {"commission", "commission_tiers"}),
    ("DELETE FROM bag", {"bags"}),
    ("DELETE FROM audit_entry WHERE verb = 'round_closed'", {"log_of_closed"}),
    ("DELETE FROM audit_entry WHERE verb = 'order_cancelled'", {"log_of_cancelled_orders"}),
    ("UPDATE \"order\" SET state = 'awaiting_payment' WHERE id = 1", {"order_state"}),
]


def test_damage_is_found(app: Flask, closed_round: Round) -> None:
    found = {}
    for damage, _ in DAMAGE:
        tamper(damage)
        found[damage] = violations()
        db.session.rollback()
    assert {damage: found[damage] & names for damage, names in DAMAGE} == dict(DAMAGE)


@pytest.mark.check(60)
def test_a_changed_entry_of_the_sealed_log_is_found(app: Flask, closed_round: Round) -> None:
    building.close(app, closed_round, now=REST)
    with transaction():
        tamper("UPDATE audit_entry SET actor = 'nobody' WHERE verb = 'round_closed'")
    assert violations() == {"append_only", "log_chain"}


def test_what_is_overdue_is_found_at_rest(app: Flask) -> None:
    building.add_round([building.add_product(building.add_supplier())])
    assert violations(at_rest=True) == {"sealed_in_time", "log_sealed"}


def test_the_command_ends_with_1_on_a_violation(closed_round: Round, cli_runner: Run) -> None:
    assert cli_runner("audit", "--json").json["violations"] == 0
    with transaction():
        db.session.execute(text("UPDATE commission_entry SET amount_fen = amount_fen + 1"))
    result = cli_runner("audit", check=False)
    assert result.exit_code == 1
    assert "WRONG commission" in result.stdout


def answered(account_id: int, key: str, number: str) -> IdempotencyKey:
    """Return the answer that is kept of an order placed under a key."""
    body = json.dumps({"order_no": number})
    return IdempotencyKey(
        account_id=account_id, key=key, fingerprint="f", status=201, body=body, created_at=NOW
    )


def test_two_keys_with_one_order_and_a_key_whose_order_is_gone_are_found(
    app: Flask, closed_round: Round
) -> None:
    number = db.session.execute(text('SELECT number FROM "order" WHERE id = 1')).scalar_one()
    account = building.add_account("somebody").id
    with transaction():
        db.session.add(answered(account, "a", number))
    assert violations() == set()
    with transaction():
        db.session.add_all([answered(account, "b", number), answered(account, "c", "X1")])
    found = next(one for one in check_all(now=REST, at_rest=False) if one.name == "order_keys")
    assert (found.checked, found.violations) == (2, 2)


def test_documents_read_back_agree_with_the_database(
    app: Flask, closed_round: Round, cli_runner: Run
) -> None:
    checks = {one["name"]: one for one in cli_runner("audit", "--documents", "--json").json["checks"]}
    assert (checks["documents"]["checked"], checks["documents"]["violations"]) == (9, 0)


def test_a_document_that_differs_from_the_database_is_named(
    app: Flask, closed_round: Round, cli_runner: Run
) -> None:
    with transaction():
        db.session.execute(text("UPDATE purchase_order SET units = units + 1"))
        db.session.execute(text("UPDATE commission_entry SET amount_fen = amount_fen + 1 WHERE id = 1"))
    result = cli_runner("audit", "--documents", "--round", "C1", "--json", check=False)
    assert result.exit_code == 1
    found = next(one for one in result.json["checks"] if one["name"] == "documents")
    assert found["violations"] == 2
    assert "C1 purchase_order S1" in str(found["examples"])
    assert "C1 commission_statement L" in str(found["examples"])


def test_a_round_is_named_only_with_documents(app: Flask, cli_runner: Run) -> None:
    assert cli_runner("audit", "--round", "C1", check=False).exit_code == 2
