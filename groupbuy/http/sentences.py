"""The sentences of errors for programs; below the edges, where no language is known, they are English."""

from flask import has_request_context, request

from groupbuy.documents.catalogues import ENGLISH, LOCALES, translated


def for_program(message: str) -> str:
    """Return the sentence of an error in the language that a program's request asks for, else in English.

    The gate refuses requests before the application has seen them; it speaks English.
    """
    wanted = request.accept_languages.values() if has_request_context() else ()
    asked = (tag.split("-")[0].lower() for tag in wanted)
    return translated(message, next((tag for tag in asked if tag in LOCALES), ENGLISH))
