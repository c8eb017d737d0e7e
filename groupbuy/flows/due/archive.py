"""Old rounds that are due for the archive, in the hours of the night in which few people order."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.audit.service import SCHEDULER
from groupbuy.flows.archive import archiving
from groupbuy.flows.due.step import Due, Step

FROM_HOUR, UNTIL_HOUR = 2, 5


def _rounds(now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    if FROM_HOUR <= now.astimezone(zone).hour < UNTIL_HOUR:
        for round_ in archiving.due(now):
            yield Step("archive", round_.id, round_.name, now)


def _archive(ref: int, now: datetime, _: ZoneInfo) -> str | None:
    outcome = archiving.archive(round_id=ref, now=now, actor=SCHEDULER)
    if outcome is None:
        return None
    return f"{outcome.orders} orders" if not outcome.waits_for else f"waits: {', '.join(outcome.waits_for)}"


DUE: Mapping[str, Due] = {"archive": Due(_rounds, _archive)}
