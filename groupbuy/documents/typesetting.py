"""The typesetter: a template of ours and values as JSON make a PDF, the same on every machine."""

import functools
import json
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from groupbuy.paths import static_dir

# It keeps what it has computed for ten more documents, in case they are alike. Ours are not.
_KEPT_FOR = 10


def set_pages(template: str, values: object, *, folder: str = "") -> bytes:
    """Return the PDF of a template with its values; ``folder`` holds the files that it shows."""
    try:
        return _compile(_compiler(template, values, folder), template)
    finally:
        _forget()


def set_pages_and_ask(template: str, values: object, label: str) -> tuple[bytes, str]:
    """Return the PDF of a template with its values, and as JSON what it says under a label."""
    compiler = _compiler(template, values)
    try:
        # Asked first: the compiler keeps the pages for the writing, but not the other way round.
        answer = compiler.query(f"<{label}>", field="value", one=True)
        return _compile(compiler, template), answer
    finally:
        _forget()


def _compiler(template: str, values: object, folder: str = "") -> typst.Compiler:
    inputs = {"values": json.dumps(values, ensure_ascii=False)}
    return typst.Compiler(_source(template), root=folder or None, font_paths=_fonts(), sys_inputs=inputs)


def _compile(compiler: typst.Compiler, template: str) -> bytes:
    # Tags would make the file eight times as large; a screen reader is better off with the workbook.
    content = compiler.compile(_source(template), format="pdf", timestamp=0, pdf_tags=False)
    if not isinstance(content, bytes):
        raise TypeError("one file was expected")
    return content


def _forget() -> None:
    # Only writing a document counts; asking it does not.
    idle = typst.Compiler(b" ", font_paths=_fonts())
    for _ in range(_KEPT_FOR):
        idle.compile(b" ", format="svg")


@functools.cache
def _source(template: str) -> bytes:
    here = Path(__file__).parent
    return (here / "paper.typ").read_bytes() + (here / f"{template}.typ").read_bytes()


@functools.cache
def _fonts() -> typst.Fonts:
    # None of the system: the same sheet gives the same pages on every machine.
    folders = [pylopdf_fonts_zh_cn.sans_path().parent, static_dir() / "vendor" / "fonts"]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
