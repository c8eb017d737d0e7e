"""Small disks in memory, which can be filled and made read-only; only root can mount them."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

BALLAST = "ballast"
BLOCK = bytes(65_536)


def can_mount() -> bool:
    """Tell whether this user can mount a small disk here."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            mount(Path(folder), 1)
        except (OSError, subprocess.CalledProcessError):
            return False
        unmount_below(Path(folder))
        return True


def mount(folder: Path, megabytes: int) -> None:
    """Mount a disk of so many megabytes on a folder."""
    options = f"size={megabytes}m,mode=755"
    _run("mount", "--types", "tmpfs", "--options", options, "groupbuy", folder)


def unmount_below(folder: Path) -> None:
    """Unmount all disks on a folder and below it, also those that a killed process left."""
    points = [Path(line.split()[1]) for line in Path("/proc/mounts").read_text().splitlines()]
    for point in points:
        if point.is_relative_to(folder):
            _run("umount", "--lazy", point)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Let a disk have no room left while the block runs."""
    ballast = disk / BALLAST
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(BLOCK)
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Let nobody write on a disk while the block runs; no file on it may be open to write."""
    _run("mount", "--options", "remount,ro", disk)
    try:
        yield
    finally:
        _run("mount", "--options", "remount,rw", disk)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
