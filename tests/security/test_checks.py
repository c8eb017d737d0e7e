"""Each of the sixty checks has a test, or stands among those left out with a reason."""

import re

from tests.security.checks import LEFT_OUT, NUMBERS, ROOT, proofs


def told() -> dict[int, str]:
    """Return what docs/security.md says of each check."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    return {int(number): rest for number, rest in re.findall(r"^\| (\d+) \| (.*)$", text, re.MULTILINE)}


def test_every_check_is_proved_or_left_out_with_a_reason() -> None:
    assert set(NUMBERS) - set(proofs()) <= set(LEFT_OUT)


def test_the_documentation_names_for_each_check_files_that_prove_it() -> None:
    found = {number: {path for path, _ in tests} for number, tests in proofs().items()}
    assert set(told()) == set(NUMBERS)
    for number, text in told().items():
        named = set(re.findall(r"`(tests/[^`]+)`", text))
        assert named <= found.get(number, set()), f"{number}: run python -m tests.security.checks"
        assert named or number in LEFT_OUT, number
