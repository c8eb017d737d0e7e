"""The chain over the postings: whatever is changed behind the books' back shows."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import rules, sealing, service
from groupbuy.finance.models import Posting, PostingSeal
from groupbuy.finance.rules import Entry
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests.building import NOW, ZONE
from tests.support.commands import Run
from tests.support.tampering import tamper

LATER = NOW + timedelta(seconds=21)


def _post(*causes: str) -> None:
    entries = [Entry(rules.CASH_DESK, rules.wallet(1), 100, "top_up", cause) for cause in causes]
    in_transaction(lambda: service.post(entries, at=NOW, actor="test"))


def _seal() -> int:
    return in_transaction(lambda: sealing.seal(now=LATER))


def test_the_scheduler_seals_what_is_old_enough_once(app: Flask) -> None:
    _post("1", "2")
    # It is late only by what it waits beyond the age at which postings are sealed.
    assert [sealing.seal_due(NOW), sealing.seal_due(LATER)] == [None, NOW + sealing.SEAL_AFTER]
    tick_until_idle(now=LATER, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    (link,) = db.session.scalars(select(PostingSeal)).all()
    assert (link.number, link.postings, link.amount_fen) == (1, 2, 200)
    assert _seal() == 0
    _post("3")
    assert _seal() == 1
    assert sealing.find_breaks() == (2, [])


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE posting SET amount_fen = 101 WHERE cause_id = '2'",
        "UPDATE posting SET credit_account = 'wallet:resident:2' WHERE cause_id = '2'",
        "UPDATE posting SET seal_number = 2 WHERE cause_id = '2'",
        "DELETE FROM posting WHERE cause_id = '2'",
        "UPDATE posting_seal SET digest = 'x' WHERE number = 1",
        "DELETE FROM posting_seal WHERE number = 1",
        "DELETE FROM posting_seal WHERE number = 2",
    ],
)
def test_tampering_breaks_the_chain_and_the_check_says_so(
    app: Flask, cli_runner: Run, tampering: str
) -> None:
    _post("1", "2")
    _seal()
    _post("3")
    _seal()
    with transaction():
        tamper(tampering)
    answer = cli_runner("ledger", "check", check=False)
    assert answer.exit_code == 1
    assert "WRONG ledger_seals" in answer.stdout


def test_postings_that_are_not_sealed_yet_break_nothing(app: Flask) -> None:
    _post("1")
    _seal()
    _post("2")
    assert sealing.find_breaks() == (1, [])
    assert db.session.scalars(select(Posting.seal_number).order_by(Posting.id)).all() == [1, None]
