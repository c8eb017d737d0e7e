"""What is due at a moment, and doing it: each step in a transaction of its own, opened by the edge."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.flows.due import archive, books, money, pickup, rounds
from groupbuy.flows.due.step import Due, Step
from groupbuy.jobs import runs

# Rounds first: what closes one makes other things due.
DUE: Mapping[str, Due] = {**rounds.DUE, **money.DUE, **books.DUE, **pickup.DUE, **archive.DUE}
EVERYTHING = frozenset(DUE)
# Opening and closing is short and must be punctual; nothing else may hold it up.
PUNCTUAL = frozenset({"open", "close"})
# Somebody waits for these: a buyer for stock or an answer, another program for news.
PROMPT = frozenset(
    {"plan", "cap", "tell_opened", "expire", "ask_channel", "ask_refund", "ask_transfer", "announce"}
)
# Nobody notices whether these come a little later.
PATIENT = EVERYTHING - PUNCTUAL - PROMPT


def due_steps(*, now: datetime, zone: ZoneInfo, kinds: frozenset[str] = EVERYTHING) -> list[Step]:
    """Return what is due, found without locks; each step claims its row again when it is performed."""
    return [step for kind, due in DUE.items() if kind in kinds for step in due.find(now, zone)]


def perform(step: Step, *, now: datetime, zone: ZoneInfo) -> str | None:
    """Do one due step and log the run; None when somebody else has done it."""
    result = DUE[step.kind].do(step.ref, now, zone)
    if result is not None:
        runs.record(kind=step.kind, subject=step.subject, due_at=step.due_at, ran_at=now, result=result)
    return result
