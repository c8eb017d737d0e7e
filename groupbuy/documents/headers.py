"""Headers of tables that go back and forth between us and people."""

STAR = "*"
"""Stands behind the header of a column that must be filled in."""

REASON_HEADER = "错误原因"
"""The column in which faults come back; it is not read, so a corrected file can be sent as it is."""


def header_name(text: str) -> str:
    """Return a column's name as the import knows it: without star and surrounding spaces."""
    return text.strip().strip(f"{STAR}＊").strip()
