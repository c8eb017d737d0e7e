"""Chinese first, English second: the language of a request and the texts in it.

Message ids are the English texts; ``translations/<locale>/LC_MESSAGES/messages.po`` holds the others.
Catalogues are read from .po files at run time, so an installation compiles nothing.
"""

import io
import re
from functools import cache
from gettext import NullTranslations
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, Translations
from flask import Flask, Response, g, has_request_context, request

from groupbuy import paths

DEFAULT_LANGUAGE = "zh"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
LOCALES = {"zh": "zh_CN", "en": "en"}
LANGUAGE_COOKIE = "lang"
ERROR_CONTEXT = "error"
_YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Give templates ``_``, ``ngettext``, ``pgettext`` and the language; remember ``?lang=``."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # Added by the extension above.
        lambda text: _catalogue().gettext(text),
        lambda one, many, n: _catalogue().ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, text: _catalogue().pgettext(context, text),
        npgettext=lambda context, one, many, n: _catalogue().npgettext(context, one, many, n),
    )
    app.jinja_env.globals.update(language=current_language, languages=LANGUAGES, sentence=translate_sentence)
    app.after_request(_remember_language)


def current_language() -> str:
    """Return ``zh`` or ``en``: from ?lang, else the cookie, else the browser, else Chinese."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    if "language" not in g:
        g.language = _asked_language()
    language: str = g.language
    return language


def _asked_language() -> str:
    for choice in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if choice in LANGUAGES:
            return choice
    primary = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in primary if tag in LANGUAGES), DEFAULT_LANGUAGE)


def _remember_language(response: Response) -> Response:
    choice = request.args.get("lang")
    if choice in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            choice,
            max_age=_YEAR_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


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


def _catalogue() -> NullTranslations:
    return catalogue(current_language())


def gettext(text: str, **values: Any) -> str:
    """Translate a text and fill in ``%(name)s``; a literal per cent sign is written ``%%``."""
    return _catalogue().gettext(text) % values


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """Translate by number and fill in ``%(num)s`` and other values."""
    return _catalogue().ngettext(one, many, num) % ({"num": num} | values)


def pgettext(context: str, text: str, **values: Any) -> str:
    """Translate a text that means different things in different places."""
    return _catalogue().pgettext(context, text) % values


def lazy_gettext(text: str) -> LazyProxy:
    """Translate when shown: for labels of forms and tables made at import time."""
    return LazyProxy(gettext, text, enable_cache=False)


def translate_sentence(message: str) -> str:
    """Translate the sentence of an error raised below the edges, where no language is known.

    The catalogue keeps such sentences with numbered holes for the values that the code filled in
    (``Order at least {0}.``); a sentence that is not in it is returned unchanged.
    """
    exact = _catalogue().pgettext(ERROR_CONTEXT, message)
    if exact != message:
        return exact
    for pattern, translation in _sentences(current_language()):
        if match := pattern.fullmatch(message):
            return translation.format(*match.groups())
    return message


@cache
def _sentences(language: str) -> list[tuple[re.Pattern[str], str]]:
    path = paths.PACKAGE_DIR / "translations" / LOCALES[language] / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return []
    with path.open("rb") as file:
        texts = read_po(file, locale=LOCALES[language])
    pairs = [
        (str(text.id), str(text.string))
        for text in texts
        if text.context == ERROR_CONTEXT and text.string and "{0}" in str(text.id)
    ]
    # The longest sentence first, so that a short one full of holes does not catch it.
    return [(_with_holes(text), translation) for text, translation in sorted(pairs, key=_literal_length)]


def _literal_length(pair: tuple[str, str]) -> int:
    return -len(re.sub(r"\{\d\}", "", pair[0]))


def _with_holes(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(sentence)), re.DOTALL)
