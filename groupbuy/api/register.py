"""Put the API into an application."""

from flask import Flask

from groupbuy.api.v1 import documents, openapi, orders, pickups, reports, rounds, tokens
from groupbuy.api.v1.documents import RENDER, Render
from groupbuy.api.v1.endpoint import blueprint

# Importing a resource declares its operations.
RESOURCES = (tokens, rounds, orders, pickups, reports, documents, openapi)


def register_api(app: Flask, *, render: Render) -> None:
    """Serve version 1; ``render`` makes the documents."""
    app.extensions[RENDER] = render
    app.register_blueprint(blueprint)
