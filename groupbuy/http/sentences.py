"""The sentences of errors in the reader's language; below the edges, where none is known, they are English.

Message ids are the English texts; ``translations/<locale>/LC_MESSAGES/messages.po`` holds the others.
Catalogues are read from .po files at run time, so an installation compiles nothing.
"""

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from gettext import NullTranslations

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import has_request_context, request

from groupbuy import paths

ENGLISH = "en"
LOCALES = {"zh": "zh_CN", ENGLISH: "en"}
ERROR_CONTEXT = "error"
# What stands before the first hole of a sentence, to its first space.
_FIRST_WORD = re.compile(r"[^ {]+ ")


def translated(message: str, language: str) -> str:
    """Return the sentence of an error in a language.

    The catalogue keeps such sentences with numbered holes for the values that the code filled in
    (``Order at least {0}.``); a sentence that is not in it is returned unchanged.
    """
    exact = catalogue(language).pgettext(ERROR_CONTEXT, message)
    if exact != message:
        return exact
    sentences = _sentences(language)
    for start in (message.partition(" ")[0], ""):
        for pattern, translation in sentences.get(start, ()):
            if match := pattern.fullmatch(message):
                return translation.format(*match.groups())
    return message


def for_program(message: str) -> str:
    """Return the sentence of an error in the language that a program's request asks for, else in English.

    The gate refuses requests before the application has seen them; it speaks English.
    """
    wanted = request.accept_languages.values() if has_request_context() else ()
    asked = (tag.split("-")[0].lower() for tag in wanted)
    return translated(message, next((tag for tag in asked if tag in LOCALES), ENGLISH))


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of a language; English is the ids themselves."""
    path = paths.PACKAGE_DIR / "translations" / LOCALES[language] / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        texts = read_po(file, locale=LOCALES[language])
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return Translations(compiled)


@cache
def _sentences(language: str) -> Mapping[str, Sequence[tuple[re.Pattern[str], str]]]:
    """Return the sentences with holes by their first word, those that begin with a hole under none."""
    found = defaultdict(list)
    # The longest sentence first, so that a short one full of holes does not catch it.
    for text, translation in sorted(_with_values(language), key=_literal_length):
        first = _FIRST_WORD.match(text)
        found[first[0].rstrip() if first else ""].append((_with_holes(text), translation))
    return found


def _with_values(language: str) -> Iterator[tuple[str, str]]:
    path = paths.PACKAGE_DIR / "translations" / LOCALES[language] / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in read_po(file, locale=LOCALES[language]):
            if text.context == ERROR_CONTEXT and text.string and "{0}" in str(text.id):
                yield str(text.id), str(text.string)


def _literal_length(pair: tuple[str, str]) -> int:
    return -len(re.sub(r"\{\d\}", "", pair[0]))


def _with_holes(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(sentence)), re.DOTALL)
