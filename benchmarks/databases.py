"""The databases that benchmarks run on, with the durability that people get."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import start_cluster, stop_cluster


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a database with the durability that people get: fsync on."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    folder.chmod(0o711)
    cluster = start_cluster(folder / "cluster", settings=("shared_buffers=1GB", "max_wal_size=8GB"))
    try:
        yield cluster.url("postgres")
    finally:
        stop_cluster(cluster.folder)
