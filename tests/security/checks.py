"""The sixty checks, the tests that prove each, and those that are left out with the reason.

``python -m tests.security.checks`` prints the table of docs/security.md. A test carries its number as
``@pytest.mark.check(23)``.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = range(1, 61)
# What no test proves at all, or what is missing although tests prove a part.
LEFT_OUT: Mapping[int, str] = {}
PARTLY: Mapping[int, str] = {
    55: "the audit against the advisories is a script that needs the network",
}
_MARKED = re.compile(
    r"@pytest\.mark\.check\(([\d, ]+)\)\n(?:@[^\n]*\n(?:[ )\]][^\n]*\n)*)*(?:async )?def (test_\w+)"
)


def proofs() -> dict[int, list[tuple[str, str]]]:
    """Return file and name of the tests that carry each number."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for numbers, name in _MARKED.findall(path.read_text(encoding="utf-8")):
            for number in map(int, numbers.split(",")):
                found[number].append((path.relative_to(ROOT).as_posix(), name))
    return dict(found)


def table() -> str:
    """Return the table of checks and the files that prove them as Markdown."""
    found = proofs()
    lines = ["| check | proved by | missing |", "|---|---|---|"]
    for number in NUMBERS:
        files = sorted({f"`{path}`" for path, _ in found.get(number, [])})
        missing = PARTLY.get(number, "") if files else LEFT_OUT.get(number, "?")
        lines.append(f"| {number} | {', '.join(files) or 'left out'} | {missing} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - the command's output
