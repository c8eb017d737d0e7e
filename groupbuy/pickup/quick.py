"""A whole order handed out against its own code in a few statements, as it happens a hundred times an hour.

Only what fits in every respect is handed out this way; else nothing is changed, and the long way in
``flows.collecting`` says what is wrong, or hands out bags and parts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupbuy.accounts.tokens import PROVED
from groupbuy.db import db
from groupbuy.db.driver import Statement, driver, rows_of, stored, told_as_usual
from groupbuy.kernel.errors import RunAgain
from groupbuy.kernel.repeats import Key
from groupbuy.orders.queries import LineView, lines_of
from groupbuy.pickup.parts import NOT_READY

VERB = "order_picked_up"
BEFORE, AFTER = json.dumps({"state": "confirmed"}), json.dumps({"state": "picked_up", "by": "code"})
_TAKE = """
UPDATE "order" SET state = 'picked_up', picked_up_at = :now, version = version + 1
WHERE leader_id = :leader AND pickup_code = :code AND state = 'confirmed'
  AND EXISTS (SELECT 1 FROM round r WHERE r.id = "order".round_id AND r.state NOT IN ({not_ready}))
  AND NOT EXISTS (SELECT 1 FROM guess WHERE kind = :limit AND subject = :guesser AND blocked_until > :now)
  AND NOT EXISTS ({held})
  AND (CAST(:proof AS text) IS NULL
       OR EXISTS (SELECT 1 FROM leader h WHERE h.id = :leader AND EXISTS ({proved})))
  AND (CAST(:key AS text) IS NULL
       OR NOT EXISTS (SELECT 1 FROM idempotency_key WHERE account_id = :account AND key = :key))
RETURNING id, number
"""
_LOG = """
INSERT INTO audit_entry (at, actor, verb, subject_kind, subject, "before", "after")
SELECT CAST(:now AS {moment}), :actor, :verb, 'order', {number},
       CAST(:before AS {json}), CAST(:after AS {json})
"""
_BOTH = "WITH taken AS ({take}), logged AS ({log} FROM taken) SELECT id, number FROM taken"
_SHOW = """
SELECT s.name, CASE WHEN EXISTS ({held}) THEN 1 ELSE 0 END
FROM "order" JOIN resident s ON s.id = "order".resident_id WHERE "order".id = :order
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A code that a leader is shown, who that is, and by which count of wrong codes it would have to wait."""

    code: str
    leader_id: int
    now: datetime
    actor: str
    guesser: tuple[str, str]
    # The digest of the leader's token where nobody has looked yet whether it is good.
    proof: str | None
    # Under which nothing may have been answered yet.
    key: Key | None


@dataclass(frozen=True, slots=True)
class Gone:
    """What went out: all lines that are delivered of an order."""

    order_no: str
    resident_name: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class Statements:
    """What is asked of each database; made once."""

    take: str
    log: str
    show: str
    taking: Statement
    showing: Statement


def statements(held_sql: str) -> Statements:
    """Return the statements; ``held_sql`` selects what keeps the goods of ``"order"`` back."""
    not_ready = ", ".join(f"'{state}'" for state in NOT_READY)
    proved = PROVED.format(role="leader", profile="h")
    take = _TAKE.format(not_ready=not_ready, held=held_sql, proved=proved)
    show = _SHOW.format(held=held_sql)
    log = _LOG.format(number="number", moment="timestamptz", json="json")
    both = _BOTH.format(take=take, log=log)
    embedded = _LOG.format(number=":number", moment="text", json="text")
    return Statements(take, embedded, show, Statement.of(both), Statement.of(show))


def hand_out(shown: Shown, asking: Statements) -> Gone | None:
    """Hand out the order that a code stands for, whole; None, without a trace, where it does not fit.

    Raise RunAgain when somebody has asked for a refund meanwhile: who asks locks the order first, so that
    the second statement sees what the first one waited for.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        taken = rows_of(asking.taking, _values(shown, shown.now))
        rows = rows_of(asking.showing, {"order": taken[0][0]}) if taken else ()
    else:
        with told_as_usual("a pickup"):
            taken, rows = _embedded(asking, _values(shown, stored(shown.now)))
    if not taken:
        return None
    (order_id, number), (name, held) = taken[0], rows[0]
    if held:
        raise RunAgain
    return Gone(number, name, tuple(line for line in lines_of([order_id]) if line.delivered))


def _embedded(asking: Statements, values: dict[str, Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    connection = driver()
    taken = connection.execute(asking.take, values).fetchall()
    if not taken:
        return (), ()
    connection.execute(asking.log, values | {"number": taken[0][1]})
    return taken, connection.execute(asking.show, {"order": taken[0][0]}).fetchall()


def _values(shown: Shown, now: Any) -> dict[str, Any]:
    kind, subject = shown.guesser
    return {
        "now": now,
        "leader": shown.leader_id,
        "code": shown.code,
        "limit": kind,
        "guesser": subject,
        "proof": shown.proof,
        "account": shown.key and shown.key.account_id,
        "key": shown.key and shown.key.text,
        "actor": shown.actor,
        "verb": VERB,
        "before": BEFORE,
        "after": AFTER,
    }
