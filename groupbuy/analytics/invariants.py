"""What must hold whatever happened: kill -9, clocks set back, orders while closing.

Each check is one or two statements over all rounds at once, so that a million lines take seconds.
"""

from datetime import datetime

from groupbuy.analytics import (
    invariants_channels,
    invariants_clock,
    invariants_closes,
    invariants_goods,
    invariants_guards,
    invariants_keys,
    invariants_ledger,
    invariants_log,
    invariants_orders,
)
from groupbuy.analytics.invariants_base import Check, Finding
from groupbuy.jobs import heartbeats

# A scheduler that lives gives a sign every 3 s.
ALIVE_SECONDS = 30


def check_all(*, now: datetime, at_rest: bool | None = None) -> list[Finding]:
    """Check every invariant; a finding without violations holds.

    What a scheduler owes by ``now`` (closing, sending, sealing) is checked while one lives, or as
    ``at_rest`` says.
    """
    checks: list[Check] = [
        *invariants_orders.CHECKS,
        *invariants_keys.CHECKS,
        *invariants_closes.CHECKS,
        *invariants_goods.CHECKS,
        *invariants_log.CHECKS,
        *invariants_guards.CHECKS,
        *invariants_ledger.CHECKS,
        *invariants_channels.CHECKS,
    ]
    if _lives(now) if at_rest is None else at_rest:
        checks += invariants_clock.checks(now)
    return [check.run() for check in checks]


def _lives(now: datetime) -> bool:
    last = heartbeats.last_beat()
    return last is not None and abs((now - last).total_seconds()) <= ALIVE_SECONDS
