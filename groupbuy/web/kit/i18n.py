"""Chinese first, English second: the language of a request and the texts in it.

Message ids are the English texts, see ``groupbuy.documents.catalogues``.
"""

from gettext import NullTranslations
from typing import Any

from babel.support import LazyProxy
from flask import Flask, Response, g, has_request_context, request

from groupbuy.documents import languages
from groupbuy.documents.catalogues import catalogue, translated

DEFAULT_LANGUAGE = "zh"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
LANGUAGE_COOKIE = "lang"
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
    app.before_request(lambda: languages.read_in(current_language()))
    app.teardown_request(lambda _: languages.read_in(languages.CHINESE))
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
    """Translate the sentence of an error raised below the edges, where no language is known."""
    return translated(message, current_language())
