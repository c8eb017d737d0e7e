"""The database refuses to change or remove what the books and the log have written."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from groupbuy.analytics.invariants import check_all
from groupbuy.audit import sealing as log_sealing
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import rules, sealing, service
from groupbuy.finance.rules import Entry
from tests.building import NOW
from tests.support.tampering import tamper


@pytest.fixture(autouse=True)
def books(app: Flask) -> None:
    """Write two postings and an entry of the log, and seal all but the second posting."""
    in_transaction(lambda: _post("1"))
    in_transaction(
        lambda: audit.record(at=NOW, actor="test", verb="wrote", subject_kind="round", subject="R1")
    )
    in_transaction(lambda: sealing.seal(now=NOW))
    in_transaction(lambda: log_sealing.seal_entries(now=NOW))
    in_transaction(lambda: _post("2"))


def _post(cause: str) -> None:
    service.post([Entry(rules.CASH_DESK, rules.wallet(1), 100, "top_up", cause)], at=NOW, actor="test")


@pytest.mark.parametrize(
    "rewriting",
    [
        "UPDATE posting SET amount_fen = 101 WHERE cause_id = '1'",
        "UPDATE posting SET amount_fen = 101 WHERE cause_id = '2'",
        "UPDATE posting SET at = at, actor = 'nobody' WHERE cause_id = '2'",
        "UPDATE posting SET seal_number = NULL WHERE cause_id = '1'",
        "DELETE FROM posting WHERE cause_id = '2'",
        "UPDATE posting_seal SET digest = 'x'",
        "DELETE FROM posting_seal",
        "UPDATE audit_entry SET actor = 'nobody'",
        "UPDATE audit_entry SET seal_id = NULL",
        "DELETE FROM audit_entry",
        "UPDATE audit_seal SET digest = 'x'",
        "DELETE FROM audit_seal",
    ],
)
def test_a_statement_that_would_rewrite_them_is_refused(rewriting: str) -> None:
    with pytest.raises(IntegrityError, match="is append-only"), transaction():
        db.session.execute(text(rewriting))


@pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_the_tables_cannot_be_emptied_either() -> None:
    with pytest.raises(IntegrityError, match="is append-only"), transaction():
        db.session.execute(text("TRUNCATE posting CASCADE"))


def test_the_audit_names_the_guards_that_are_gone() -> None:
    assert _append_only() == (0, [])
    with transaction():
        tamper()
    violations, examples = _append_only()
    assert violations == 10
    assert "trigger audit_entry_changed is gone or switched off" in examples


def _append_only() -> tuple[int, list[str]]:
    (found,) = (one for one in check_all(now=NOW, at_rest=False) if one.name == "append_only")
    return found.violations, list(found.examples)
