"""Commands of the platform, run and measured as processes of their own."""

import subprocess
import sys
import time
from typing import NamedTuple

# A process counts as its own most memory what its parent had when it was started, so a benchmark that
# has grown would measure itself: a small process stands in between and reports of its child.
_BETWEEN = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


class Used(NamedTuple):
    """What a command took: seconds, and the most memory of one of its processes in MB."""

    seconds: float
    megabytes: int


def groupbuy(*arguments: str) -> Used:
    """Run a command; raise CalledProcessError, which has what it said, where it fails."""
    command = [sys.executable, "-m", "groupbuy", *arguments]
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _BETWEEN, *command], capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    return Used(seconds, int(done.stdout) // 1024)
