"""The catalogues of texts by language, and sentences with values in another language.

Message ids are the English texts; ``translations/<locale>/LC_MESSAGES/messages.po`` holds the others. Only
the texts of sheets are written down in Chinese: the English catalogue holds those. Catalogues are read from
.po files at run time, so an installation compiles nothing.
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

from groupbuy import paths

ENGLISH = "en"
LOCALES = {"zh": "zh_CN", ENGLISH: "en"}
ERROR_CONTEXT, SHEET_CONTEXT = "error", "sheet"
# What stands before the first hole of a sentence, to its first space.
_FIRST_WORD = re.compile(r"[^ {]+ ")


def translated(message: str, language: str, context: str = ERROR_CONTEXT) -> str:
    """Return a sentence, such as that of an error, in a language.

    The catalogue keeps such sentences with numbered holes for the values that the code filled in
    (``Order at least {0}.``); a sentence that is not in it is returned unchanged.
    """
    exact = catalogue(language).pgettext(context, message)
    if exact != message:
        return exact
    sentences = _sentences(language, context)
    for start in (message.partition(" ")[0], ""):
        for pattern, translation in sentences.get(start, ()):
            if match := pattern.fullmatch(message):
                return translation.format(*match.groups())
    return message


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
def _sentences(language: str, context: str) -> Mapping[str, Sequence[tuple[re.Pattern[str], str]]]:
    """Return the sentences with holes by their first word, those that begin with a hole under none."""
    found = defaultdict(list)
    # The longest sentence first, so that a short one full of holes does not catch it.
    for text, translation in sorted(_with_values(language, context), key=_literal_length):
        first = _FIRST_WORD.match(text)
        found[first[0].rstrip() if first else ""].append((_with_holes(text), translation))
    return found


def _with_values(language: str, context: str) -> Iterator[tuple[str, str]]:
    path = paths.PACKAGE_DIR / "translations" / LOCALES[language] / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in read_po(file, locale=LOCALES[language]):
            if text.context == context and text.string and "{0}" in str(text.id):
                yield str(text.id), str(text.string)


def _literal_length(pair: tuple[str, str]) -> int:
    return -len(re.sub(r"\{\d\}", "", pair[0]))


def _with_holes(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(sentence)), re.DOTALL)
