"""Pin in constraints.txt the newest dependencies that setup.cfg allows, the indirect ones too."""

import json
import subprocess
import sys

from environment import CONSTRAINTS, ROOT, clean_environ, prepared

HEAD = """\
# Exact versions of everything that Groupbuy, its tests and its build install.
# Made by ./scripts/refresh-constraints from setup.cfg; do not edit by hand.
"""


def main() -> None:
    """Let pip resolve without installing, write the file, and say how to try it."""
    with prepared("dev") as python:
        resolve = [python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report=-"]
        report = subprocess.run(
            [*resolve, f"{ROOT}[dev]", "setuptools<83"],
            env=clean_environ(),
            stdout=subprocess.PIPE,
            check=True,
        )
    pins = sorted(
        f"{package['metadata']['name'].lower()}=={package['metadata']['version']}"
        for package in json.loads(report.stdout)["install"]
        if "dir_info" not in package["download_info"]
    )
    CONSTRAINTS.write_text(HEAD + "\n".join(pins) + "\n")
    print(f"{len(pins)} versions are pinned. Try them with ./scripts/test, then commit constraints.txt.")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"pip could not resolve the dependencies ({error.returncode}); nothing was changed.")
