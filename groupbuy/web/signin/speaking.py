"""The language that somebody reads pages in is the one in which messages are written to them."""

from flask import Flask, request

from groupbuy.accounts import service
from groupbuy.db.transaction import in_transaction
from groupbuy.http.identity import current_identity
from groupbuy.web.kit.i18n import LANGUAGES, current_language


def install(app: Flask) -> None:
    """Note the language that somebody who has signed in chooses with ``?lang=``."""
    app.before_request(_note_choice)


def _note_choice() -> None:
    language = request.args.get("lang")
    if language not in LANGUAGES or request.blueprint is None or request.method != "GET":
        return
    identity = current_identity()
    if identity is not None and language is not None:
        in_transaction(lambda: service.speak(account_id=identity.account_id, language=language))


def note_first(account_id: int) -> None:
    """Note the language of the page on which somebody signs in, unless one is known."""
    language = current_language()
    in_transaction(lambda: service.speak(account_id=account_id, language=language, unless_known=True))
