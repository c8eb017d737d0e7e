"""A deadlock repeats the write instead of failing it, whichever page or operation it belongs to."""

import re
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction

ROOT = Path(__file__).resolve().parents[2] / "groupbuy"
EDGES = ("web", "api", "http")


def test_no_page_and_no_operation_writes_without_repeating() -> None:
    """``with transaction():`` cannot run its block again; only ``in_transaction`` can."""
    files = [path for edge in EDGES for path in (ROOT / edge).rglob("*.py")]
    once = [path.name for path in files if re.search(r"with .*\btransaction\(\)", path.read_text())]
    assert once == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_deadlock_is_solved_by_running_the_loser_again(app: Flask, database_kind: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE pair (id int PRIMARY KEY, n int)"))
        connection.execute(text("INSERT INTO pair VALUES (1, 0), (2, 0)"))
    meeting, attempts = threading.Barrier(2, timeout=10), []

    def move(first: int, second: int) -> None:
        with app.app_context():

            def work() -> None:
                attempts.append(first)
                db.session.execute(text("UPDATE pair SET n = n + 1 WHERE id = :id"), {"id": first})
                if attempts.count(first) == 1:
                    meeting.wait()
                db.session.execute(text("UPDATE pair SET n = n + 1 WHERE id = :id"), {"id": second})

            in_transaction(work)
            db.session.remove()

    threads = [threading.Thread(target=move, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(db.session.scalars(text("SELECT n FROM pair"))) == [2, 2]
    # The loser's second try may meet the winner once more.
    assert len(attempts) >= 3
