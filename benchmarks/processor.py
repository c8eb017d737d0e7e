"""What processes have used of the processor: steadier than the clock on a machine that others use too."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
# Where these stand behind the name in /proc/PID/stat: the parent; user, system, and both of ended children.
PARENT, USED = 1, slice(11, 15)


class Spent(NamedTuple):
    """Seconds by the clock, and of the processor."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Meter:
    """What this process and a database server beside it, by its first process, take for some work."""

    server: int | None

    def now(self) -> Spent:
        """Return where both stand."""
        used = seconds_of(os.getpid()) + (seconds_of(self.server) if self.server else 0.0)
        return Spent(time.perf_counter(), used)

    def since(self, begin: Spent) -> Spent:
        """Return what was taken since."""
        now = self.now()
        return Spent(now.clock - begin.clock, now.processor - begin.processor)


def seconds_of(pid: int) -> float:
    """Return the seconds of a process, of those below it and of those it has waited for."""
    stats = {
        int(path.parent.name): stat for path in Path("/proc").glob("[0-9]*/stat") if (stat := _read(path))
    }
    family = {pid}
    while more := {one for one, stat in stats.items() if int(stat[PARENT]) in family} - family:
        family |= more
    return sum(sum(map(int, stats[one][USED])) for one in family if one in stats) / TICKS


def postmaster_of(cluster: Path) -> int | None:
    """Return the first process of a database server, None where there is none."""
    file = cluster / "data" / "postmaster.pid"
    return int(file.read_text().split()[0]) if file.exists() else None


def _read(path: Path) -> list[str]:
    """Return what follows the name; nothing of a process that has just ended."""
    try:
        return path.read_text().rpartition(") ")[2].split()
    except OSError:
        return []
