"""One folder per test run, shared by its workers: the PostgreSQL cluster and the migrated templates.

pytest-xdist starts the workers after pytest_configure of the run itself, so they find the folder
by an environment variable. The run stops what it started and deletes the folder; what a killed run
left behind is cleaned by the next one.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import stop_cluster

KEY = "TEST_RUN_FOLDER"
PREFIX = "groupbuy-tests-"


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder before the first worker starts."""
    if not hasattr(config, "workerinput"):
        os.environ[KEY] = str(folder_of_process(PREFIX, _remove))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the cluster and delete the folder after the last worker."""
    if not hasattr(config, "workerinput"):
        _remove(Path(os.environ.pop(KEY)))


def run_folder() -> Path:
    """Return the folder that all workers of this run share."""
    return Path(os.environ[KEY])


@contextlib.contextmanager
def once_per_run(name: str) -> Iterator[Path | None]:
    """Yield a path to fill for the first worker that comes, None for those that find it filled."""
    folder = run_folder()
    mark = folder / f"{name}.done"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield None if mark.exists() else folder / name
        mark.touch()


def folder_of_process(prefix: str, remove: Callable[[Path], None]) -> Path:
    """Make a folder of this process, and remove those of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        process = folder.name.removeprefix(prefix).split("-")[0]
        if process.isdigit() and not _alive(int(process)):
            remove(folder)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
    # The database's own user passes through.
    folder.chmod(0o711)
    return folder


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(folder: Path) -> None:
    stop_cluster(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)
