"""Prepare this checkout for its tests and run them with pytest, whose arguments may follow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from environment import ROOT, clean_environ, prepared

# Debian's packages and the programs that show that one is not needed. A test whose program is
# missing all the same is left out by tests/support/leaving_out.py, which says so.
PACKAGES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "pgbouncer": ("pgbouncer", "/usr/sbin/pgbouncer"),
    "poppler-utils": ("pdftoppm",),
    "zbar-tools": ("zbarimg",),
}
FONTS = "fonts-noto-cjk"


def main() -> None:
    """Install, start pytest in the checkout's root and end with its exit code."""
    environ = clean_environ()
    with prepared("dev") as python:
        _install_system_packages()
    arguments = [_absolute(argument) for argument in sys.argv[1:]]
    os.chdir(ROOT)
    command = [str(python), "-m", "pytest", "--numprocesses=2", "--dist=worksteal", *arguments]
    os.execve(python, command, environ)


def _absolute(argument: str) -> str:
    """Let a test file be named from the folder where the person is, as file.py or file.py::test."""
    path, separator, test = argument.partition("::")
    return f"{Path(path).resolve()}{separator}{test}" if Path(path).exists() else argument


def _install_system_packages() -> None:
    missing = [package for package, programs in PACKAGES.items() if not any(map(shutil.which, programs))]
    if not _has_chinese_font():
        missing.append(FONTS)
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"Missing for some tests: {' '.join(missing)} (as root: {' '.join(command)})", flush=True)
        return
    print(f"Installing {' '.join(missing)} from the system's packages …", flush=True)
    environ = clean_environ() | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        done = subprocess.run(step, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{' '.join(step)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", flush=True)


def _has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
