"""Make the checkout's own Python environment and keep it true to setup.cfg and constraints.txt.

Standard library only, because this runs before anything is installed. A stamp inside the
environment says what it was made from; while that holds, nothing is done and no network is needed.
The stamp is empty while an installation runs, so an interrupted one is recognised and made anew.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "groupbuy-stamp.json"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
SOURCES = (ROOT / "setup.cfg", ROOT / "pyproject.toml", CONSTRAINTS)
# Each contains the one before it.
EXTRAS = ("postgres", "dev")
# A pip that was told to install elsewhere would miss the environment.
FOREIGN_KEYS = ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER")


@dataclass(frozen=True)
class Stamp:
    """Say what an environment was made from: which checkout, which extra, which requirements."""

    root: str
    extra: str
    sources: str


@contextlib.contextmanager
def prepared(extra: str) -> Iterator[Path]:
    """Yield the environment's Python with what the extra needs; one caller of the checkout at a time."""
    with _alone():
        _ensure(extra)
        yield PYTHON


def clean_environ() -> dict[str, str]:
    """Return the environment variables without those that would lead Python or pip elsewhere."""
    return {key: text for key, text in os.environ.items() if key not in FOREIGN_KEYS}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another start or test of this checkout to finish preparing …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure(extra: str) -> None:
    found = _read_stamp() if _works() else None
    wanted = _wanted(extra, found)
    if found == wanted:
        return
    if found is None:
        _create()
    if found and replace(found, root=wanted.root) == wanted:
        _move(found.root)
    else:
        _install(wanted.extra, found)
    STAMP.write_text(json.dumps(asdict(wanted)))


def _read_stamp() -> Stamp | None:
    try:
        return Stamp(**json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return None


def _works() -> bool:
    """Tell whether the environment's Python still runs; an upgrade of the system may have taken it away."""
    try:
        return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _wanted(extra: str, found: Stamp | None) -> Stamp:
    if found and EXTRAS.index(found.extra) > EXTRAS.index(extra):
        extra = found.extra
    sources = hashlib.sha256(b"\0".join(path.read_bytes() for path in SOURCES))
    return Stamp(root=str(ROOT), extra=extra, sources=sources.hexdigest())


def _create() -> None:
    if VENV.is_symlink() or (VENV.exists() and not STAMP.exists()):
        sys.exit(f"{VENV} was not made by this script. Move it away and try again.")
    if not all(map(importlib.util.find_spec, ("ensurepip", "venv"))):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        sys.exit(
            f"{sys.executable} cannot make environments: its venv or ensurepip is missing.\n"
            f"  Debian, Ubuntu:  sudo apt install {package}"
        )
    print(f"Making a Python environment in {VENV} …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    STAMP.touch()
    subprocess.run([sys.executable, "-m", "venv", VENV], env=clean_environ(), check=True)


def _move(old_root: str) -> None:
    """Correct what pip wrote when the checkout lay elsewhere; works without network."""
    print("This checkout was moved: correcting the paths in its environment …", flush=True)
    for path in (VENV / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            path.write_bytes(path.read_bytes().replace(old_root.encode(), str(ROOT).encode()))
    _install_checkout(str(ROOT), "--no-deps")


def _install(extra: str, before: Stamp | None) -> None:
    needs = "Groupbuy and its tests need" if extra == "dev" else "Groupbuy needs"
    print(f"Installing what {needs} (a minute or two the first time, from the network) …", flush=True)
    STAMP.write_text("")
    try:
        _pip("setuptools")
        _install_checkout(f"{ROOT}[{extra}]")
    except subprocess.CalledProcessError as error:
        if before:
            STAMP.write_text(json.dumps(asdict(before)))
        sys.exit(f"{error.output}\nInstalling failed; the lines above say why. Is the network there?")


def _install_checkout(*arguments: str) -> None:
    # setuptools would take what lies in build/, with templates that were deleted long ago.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    _pip("--no-build-isolation", "--editable", *arguments)


def _pip(*arguments: str) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar=off", f"--constraint={CONSTRAINTS}", *arguments]
    lines = []
    with subprocess.Popen(
        command, env=clean_environ(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            _show_progress(line.split())
    _show_progress([])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, "".join(lines))


def _show_progress(words: list[str]) -> None:
    """Show on a terminal, in one line that is written over, what pip is at; wipe it when there is nothing."""
    if sys.stdout.isatty() and (not words or words[0] in ("Collecting", "Downloading", "Installing")):
        print(f"\r\033[K  {' '.join(words[:2])[:70]}" if words else "\r\033[K", end="", flush=True)
