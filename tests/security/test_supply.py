"""What the platform is made of."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.check(55)
def test_the_bill_of_materials_names_every_pin_and_every_served_package(tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    script = [sys.executable, ROOT / "scripts" / "audit_dependencies.py", "--sbom", file]
    subprocess.run(script, check=True, capture_output=True)
    bill = json.loads(file.read_text(encoding="utf-8"))
    named = {(part["name"], part["version"]) for part in bill["components"]}
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert set(pins) <= named
    assert {"bootstrap", "htmx.org"} <= {name for name, _ in named}
    assert len({part["bom-ref"] for part in bill["components"]}) == len(bill["components"])
