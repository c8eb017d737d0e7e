"""Every deed and every subject that the code writes into the audit log has a name on its page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import groupbuy
from groupbuy.web.admin.audit_words import SUBJECTS
from groupbuy.web.admin.words import VERBS


def said(name: str) -> Iterator[str]:
    """Yield the plain texts that calls of ``audit.record`` give for an argument."""
    for path in Path(groupbuy.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                values = [one.value for one in node.keywords if one.arg == name]
                yield from (one.value for one in values if isinstance(one, ast.Constant))


def test_every_deed_and_subject_of_the_audit_log_has_a_name() -> None:
    assert set(said("verb")) - set(VERBS) == set()
    assert set(said("subject_kind")) - set(SUBJECTS) == set()
