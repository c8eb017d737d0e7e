"""Signing in and up, for all roles."""

from flask import Flask

from groupbuy.messaging.codes import CodeSender
from groupbuy.web.signin import becoming, roles, sign_in, sign_up
from groupbuy.web.signin.blueprint import CODE_SENDER, OAUTH, blueprint

# Importing a page declares its routes.
PAGES = (sign_in, sign_up, roles, becoming)


def register_signin(app: Flask, *, code_sender: CodeSender) -> None:
    """Put the pages into an application; ``code_sender`` takes codes to phones."""
    app.extensions[CODE_SENDER] = code_sender
    app.extensions.setdefault(OAUTH, None)
    app.register_blueprint(blueprint)
