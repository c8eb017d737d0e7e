"""The seal of the audit log says where somebody has been, and what an entry was where that can be proved."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.audit import sealing
from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction, transaction
from tests.building import NOW
from tests.support.commands import Run
from tests.support.tampering import tamper


@pytest.fixture(autouse=True)
def log(app: Flask) -> None:
    """Seal the entries 1 to 3 by two persons, and then a fourth."""
    for number, who in enumerate(("account:1", "account:1", "account:2", "account:1"), 1):
        values = {"actor": who, "verb": "wrote", "subject_kind": "round", "subject": f"R{number}"}
        now = NOW + timedelta(minutes=number)
        in_transaction(lambda values=values, now=now: audit.record(at=now, after={"n": 1}, **values))
        if number > 2:
            in_transaction(lambda now=now: sealing.seal_entries(now=now))


@pytest.mark.parametrize(
    ("tampering", "says"),
    [
        ("UPDATE audit_entry SET actor = 'account:2' WHERE id = 1", "account:1 was the actor of entry 1"),
        (
            "DELETE FROM audit_entry WHERE id = 2",
            "3 sealed, 2 found; something of its entries",
        ),
        ("DELETE FROM audit_entry WHERE id = 2", "there is no entry 2"),
        ("UPDATE audit_entry SET verb = 'read' WHERE id = 1", "wrote was the verb of entry 1"),
        (
            "UPDATE audit_entry SET subject = 'R9' WHERE id = 1",
            "something of its entries or of itself",
        ),
        ("UPDATE audit_seal SET digest = 'x' WHERE number = 1", "only its seal was changed or removed"),
    ],
)
def test_the_audit_says_which_entries_and_what(cli_runner: Run, tampering: str, says: str) -> None:
    assert sealing.find_breaks() == (2, [])
    with transaction():
        tamper(tampering)
    (complaint,) = sealing.find_breaks()[1]
    assert complaint.startswith("link 1: ")
    assert says in complaint
    printed = cli_runner("audit", check=False)
    assert printed.exit_code == 1
    assert says in printed.stdout


def test_the_complaint_names_numbers_and_times() -> None:
    with transaction():
        tamper("UPDATE audit_entry SET subject = 'R9' WHERE id = 1")
    (complaint,) = sealing.find_breaks()[1]
    assert f"(entries 1 to 3, {NOW + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}Z to " in complaint
