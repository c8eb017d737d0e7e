"""Many rows at once, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.bulk import ids_for, insert_many, insert_rows, next_ids, select_in, table_of, upsert
from groupbuy.db.transaction import transaction
from groupbuy.db.upserts import insert_into, run_for_all
from groupbuy.finance.models import Posting

SUPPLIER = table_of(Supplier)
AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)


def test_a_column_that_is_not_named_gets_its_default(app: Flask) -> None:
    with transaction():
        insert_rows(SUPPLIER, ("code", "name"), [("S1", "甲"), ("S2", "乙")])

    rows = db.session.execute(select(Supplier.id, Supplier.min_order_fen, Supplier.active)).all()
    assert rows == [(1, 0, True), (2, 0, True)]


def test_moments_and_json_come_back_as_they_were(app: Flask) -> None:
    entry = {"at": AT, "actor": "test", "verb": "v", "subject_kind": "k", "subject": "s"}
    with transaction():
        insert_many(
            table_of(AuditEntry), [entry | {"after": {"数": [1, None, "\\N\t\n"]}}, entry | {"after": None}]
        )

    rows = db.session.execute(select(AuditEntry.at, AuditEntry.after).order_by(AuditEntry.id)).all()
    assert rows == [(AT, {"数": [1, None, "\\N\t\n"]}), (AT, None)]


@pytest.mark.parametrize("name", ["\\N", "\\.", "a\tb\\nc", "'; DROP TABLE supplier; --", '"', "🍎\u202e"])
@pytest.mark.check(48)
def test_a_text_that_means_something_to_the_database_stays_text(app: Flask, name: str) -> None:
    with transaction():
        insert_rows(SUPPLIER, ("code", "name"), [("S1", name)])

    assert db.session.scalars(select(Supplier.name)).all() == [name]
    assert [row.name for row in select_in(select(Supplier.name), Supplier.name, [name])] == [name]


def test_a_violated_constraint_is_told_the_same_way_on_both_databases(app: Flask) -> None:
    with pytest.raises(IntegrityError), transaction():
        insert_rows(SUPPLIER, ("code", "name"), [("S1", "甲"), ("S1", "乙")])

    assert db.session.scalars(select(Supplier.id)).all() == []


def test_rows_may_be_made_by_asking_the_database_meanwhile(app: Flask) -> None:
    def rows() -> object:
        yield "S1", str(len(next_ids(SUPPLIER, 3)))

    with transaction():
        assert insert_rows(SUPPLIER, ("code", "name"), rows()) == 1


def test_an_upsert_makes_changes_and_leaves_alone(app: Flask) -> None:
    with transaction():
        upsert(SUPPLIER, ("code", "name"), [("S1", "甲"), ("S2", "乙")])
    with transaction():
        done = upsert(SUPPLIER, ("code", "name"), [("S1", "甲"), ("S2", "丙"), ("S3", "丁")])

    assert (done.created, done.updated) == ({"S3"}, {"S2"})
    assert dict(done.ids) == dict(db.session.execute(select(Supplier.code, Supplier.id)).all())


def test_an_upsert_counts_versions_of_changed_rows_only(app: Flask) -> None:
    columns = ("code", "name", "supplier_id", "cost_fen", "price_fen")
    new = {"created_at": AT}
    with transaction():
        insert_rows(SUPPLIER, ("code", "name"), [("S1", "甲")])
        supplier = ids_for(SUPPLIER, "code", ["S1"])["S1"]
        product = table_of(Product)
        upsert(
            product,
            columns,
            [("P1", "a", supplier, 1, 2), ("P2", "b", supplier, 1, 2)],
            new=new,
            version=True,
        )
        upsert(
            product,
            columns,
            [("P1", "a", supplier, 1, 2), ("P2", "c", supplier, 1, 2)],
            new=new,
            version=True,
        )

    assert db.session.scalars(select(Product.version).order_by(Product.code)).all() == [1, 2]


def test_twenty_thousand_keys_are_found(app: Flask) -> None:
    with transaction():
        insert_rows(SUPPLIER, ("code", "name"), ((f"S{n}", "x") for n in range(20_000)))
        found = ids_for(SUPPLIER, "code", [f"S{n}" for n in range(0, 40_000, 2)])

    assert len(found) == 10_000


@pytest.mark.parametrize("count", [1, 3])
def test_many_rows_are_stored_as_they_are_given_and_those_that_stand_stay(app: Flask, count: int) -> None:
    names = ["\\N", "'; DROP TABLE posting; --", '"🍎\u202e'][:count]
    rows = [
        {
            "debit_account": "a:1",
            "credit_account": name,
            "amount_fen": 2**53 + number,
            "cause_kind": "k",
            "cause_id": str(number),
            "part": "1",
            "at": AT + timedelta(microseconds=number),
            "actor": "test",
            "period": "2026-11",
            "seal_number": None,
        }
        for number, name in enumerate(names)
    ]
    statement = insert_into(Posting).on_conflict_do_nothing().returning(Posting.cause_id)
    with transaction():
        assert list(run_for_all(statement, rows[:1]).scalars()) == ["0"]
        assert sorted(run_for_all(statement, rows).scalars()) == [str(one) for one in range(1, count)]
    found = db.session.query(Posting).order_by(Posting.cause_id).all()
    assert [(one.credit_account, one.amount_fen, one.at, one.seal_number) for one in found] == [
        (row["credit_account"], row["amount_fen"], row["at"], None) for row in rows
    ]
