"""Prepare this checkout and serve the platform with its scheduler on the embedded database."""

import argparse
import os
import subprocess
import sys

from environment import ROOT, clean_environ, prepared


def main() -> None:
    """Install and migrate, then become the server (or the demonstration)."""
    options = _arguments()
    environ = clean_environ()
    # Cookies marked for https only would keep everybody from signing in on a bare local server.
    environ.setdefault("GROUPBUY_INSECURE_HTTP", "1")
    # Else a checkout in a folder named groupbuy hides the package from who starts it from beside that folder.
    environ["PYTHONSAFEPATH"] = "1"
    environ.setdefault("GROUPBUY_INSTANCE", str(ROOT / "instance"))
    with prepared("postgres") as python:
        command = [str(python), "-m", "groupbuy"]
        if not options.demo:
            migrated = subprocess.run([*command, "init-db"], env=environ, check=False)
            if migrated.returncode:
                sys.exit(migrated.returncode)
    arguments = ["demo"] if options.demo else ["serve"]
    arguments += ["--host", options.host] if options.host else []
    arguments += ["--port", options.port] if options.port else []
    os.execve(python, [*command, *arguments], environ)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/start", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="load a demonstration and run a whole round")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", help="port to listen on")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
