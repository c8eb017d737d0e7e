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


@pytest.mark.parametrize(
    ("tampering", "link", "says"),
    [
        ("UPDATE posting SET amount_fen = 250 WHERE id = 2", 1, "¥1.00 was the amount_fen of posting 2"),
        (
            "UPDATE posting SET credit_account = 'wallet:resident:2' WHERE id = 2",
            1,
            "wallet:resident:1 was the credit_account of posting 2",
        ),
        ("DELETE FROM posting WHERE id = 2", 1, "3 sealed, 2 found; ¥1.00 missing"),
        ("DELETE FROM posting WHERE id = 2", 1, "there is no posting 2"),
        ("DELETE FROM posting WHERE id = 3", 1, "there is no posting 3"),
        ("DELETE FROM posting WHERE id = 4", 2, "nothing of it is left; there is no posting 4"),
        ("UPDATE posting SET seal_number = 2 WHERE id = 3", 1, "3 sealed, 2 found; ¥1.00 missing"),
        ("UPDATE posting SET seal_number = 2 WHERE id = 3", 2, "what does not belong there is posting 3"),
        ("UPDATE posting_seal SET digest = 'x' WHERE number = 1", 1, "only its seal was changed or removed"),
        ("DELETE FROM posting_seal WHERE number = 1", 1, "only its seal was changed or removed"),
        ("UPDATE posting_seal SET amount_fen = 9 WHERE number = 1", 1, "the seal itself was changed"),
        ("UPDATE posting SET actor = 'nobody' WHERE id = 3", 1, "test was the actor of posting 3"),
    ],
)
def test_the_complaint_says_where_and_what_as_far_as_it_can_be_proved(
    app: Flask, tampering: str, link: int, says: str
) -> None:
    for causes in (("1", "2", "3"), ("4",), ("5",)):
        _post(*causes)
        _seal()
    assert sealing.find_breaks() == (3, [])
    with transaction():
        tamper(tampering)
    _, found = sealing.find_breaks()
    complaint = next(one for one in found if one.startswith(f"link {link}: "))
    assert says in complaint
    # Nobody is led to links that fit, but for the two that a posting was moved between.
    assert len(found) == (2 if "seal_number" in tampering else 1)
    if tampering == "DELETE FROM posting WHERE id = 3":
        assert "postings 1 to 2, 2026-11-" in complaint


def test_a_posting_that_was_added_under_a_seal_is_named(app: Flask) -> None:
    _post("1", "2")
    _seal()
    _post("3")
    with transaction():
        tamper("UPDATE posting SET seal_number = 1 WHERE id = 3")
    ((complaint),) = sealing.find_breaks()[1]
    assert "2 sealed, 3 found; ¥1.00 too much; what does not belong there is posting 3" in complaint


def test_postings_that_are_not_sealed_yet_break_nothing(app: Flask) -> None:
    _post("1")
    _seal()
    _post("2")
    assert sealing.find_breaks() == (1, [])
    assert db.session.scalars(select(Posting.seal_number).order_by(Posting.id)).all() == [1, None]
