"""What went wrong, on the command line: in the language of the terminal, as its environment names it."""

import os
from collections.abc import Iterable

import click

from groupbuy.documents.catalogues import translated
from groupbuy.documents.faults import Fault

# Which variable decides; the first that is set has precedence.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def in_words(message: str) -> str:
    """Return the sentence of an error in Chinese for a Chinese terminal, else in English."""
    named = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    return translated(message, "zh" if named.lower().startswith("zh") else "en")


def said(fault: Fault) -> Fault:
    """Return a fault with its sentence in the language of the terminal; its code stays."""
    return fault._replace(message=in_words(fault.message))


def fault_line(fault: Fault) -> str:
    """Return a fault with its place in the file, in one line."""
    row, column = fault.row, fault.column
    place = in_words(f"Row {row}, {column}") if column else in_words(f"Row {row}")
    return f"{place}: {in_words(fault.message)} ({fault.code})"


def list_faults(faults: Iterable[Fault]) -> None:
    """Write faults to standard error, a line each."""
    for fault in faults:
        click.echo(fault_line(fault), err=True)
