"""Compare the pinned dependencies with the public advisories, and write the software's bill of materials.

The advisories are those of the Python Packaging Advisory Database by way of PyPI, at the moment of the
run; the report in ``--out`` carries that moment. A release that is known to be faulty is asked for first:
where no list names it (no network, or a mirror without advisories) the script says that nothing has been
compared and ends with 2. The bill (``--sbom``) needs no network.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
VENDOR = ROOT / "groupbuy" / "static" / "vendor" / "lock.json"
TOOLS = ROOT / ".audit-venv"
PINNED = "pip-audit==2.10.1"
FOUND, NO_NETWORK = 1, 2
# Known to be faulty since 2019 (CVE-2019-10906): a list that does not name it is no list.
CANARY = "jinja2==2.10"


def main() -> int:
    """Audit, or write the bill; return 0, 1 for findings, 2 when nothing could be compared."""
    parser = argparse.ArgumentParser(prog="scripts/audit-dependencies", description=__doc__.splitlines()[0])
    parser.add_argument("--sbom", type=Path, help="write a CycloneDX bill of materials to this file and end")
    parser.add_argument("--out", type=Path, help="write the findings with their date to this file")
    options = parser.parse_args()
    if options.sbom:
        options.sbom.write_text(json.dumps(bill_of_materials(), indent=2, ensure_ascii=False) + "\n")
        print(f"{options.sbom}: {len(bill_of_materials()['components'])} components")
        return 0
    return _audit(options.out)


def pinned() -> list[tuple[str, str]]:
    """Return name and version of every Python package that an installation gets."""
    lines = (
        line.partition("#")[0].partition(";")[0].strip() for line in CONSTRAINTS.read_text().splitlines()
    )
    return [(name, version) for name, mark, version in (line.partition("==") for line in lines) if mark]


def vendored() -> list[tuple[str, str]]:
    """Return name and version of every npm package whose files are served."""
    lock = json.loads(VENDOR.read_text())
    return [(name, entry["version"]) for name, entry in lock["packages"].items()]


def bill_of_materials() -> dict[str, Any]:
    """Return a CycloneDX 1.6 document of Python and npm packages, without a date: same input, same file."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "groupbuy"}},
        "components": [
            *(_component("pypi", name.lower(), version) for name, version in pinned()),
            *(_component("npm", name, version) for name, version in vendored()),
        ],
    }


def _component(registry: str, name: str, version: str) -> dict[str, Any]:
    address = f"pkg:{registry}/{name.replace('@', '%40')}@{version}"
    component: dict[str, Any] = {"type": "library", "bom-ref": address, "name": name, "version": version}
    component["purl"] = address
    if licence := _licence(name) if registry == "pypi" else None:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _licence(name: str) -> str | None:
    """Return what an installed package says of its licence in one line, None where it says nothing."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    named = told.get("License-Expression") or told.get("License") or ""
    return named.splitlines()[0][:80] if named.strip() else None


def _audit(out: Path | None) -> int:
    _install()
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text(CANARY)
        if not any(one.get("vulns") for one in _ask(canary)):
            print(f"NOTHING COMPARED: no list of advisories can be reached; it would name {CANARY}.")
            return NO_NETWORK
    told = _ask(CONSTRAINTS)
    return _report(told, out)


def _ask(requirements: Path) -> list[dict[str, Any]]:
    """Return what the advisories say of each pinned package; an empty list when they cannot be reached."""
    command = [str(TOOLS / "bin" / "pip-audit"), "--requirement", str(requirements), "--no-deps"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except json.JSONDecodeError:
        return []
    return answer


def _report(told: list[dict[str, Any]], out: Path | None) -> int:
    found = [(one, fault) for one in told for fault in one.get("vulns", [])]
    for one, fault in found:
        mended = ", ".join(fault["fix_versions"]) or "no version"
        print(f"{one['name']} {one['version']}: {fault['id']}, mended in {mended}")
    passed_over = [one for one in told if "skip_reason" in one]
    for one in passed_over:
        print(f"{one['name']}: NOT COMPARED, {one['skip_reason']}")
    when = datetime.now(UTC).isoformat(timespec="seconds")
    print(f"{len(told) - len(passed_over)} packages compared at {when}, {len(found)} advisories apply")
    if out:
        out.write_text(json.dumps({"compared_at": when, "dependencies": told}, indent=2) + "\n")
    return FOUND if found else NO_NETWORK if passed_over else 0


def _install() -> None:
    if (TOOLS / PINNED).exists():
        return
    venv.create(TOOLS, with_pip=True, clear=True)
    command = [TOOLS / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", PINNED]
    if subprocess.run(command, check=False).returncode:
        sys.exit("NOTHING COMPARED: pip-audit cannot be installed; is the network there?")
    (TOOLS / PINNED).touch()


if __name__ == "__main__":
    sys.exit(main())
