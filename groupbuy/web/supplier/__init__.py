"""The desk of suppliers: their own purchase orders, and nothing of anybody who ordered."""

from flask import Flask

from groupbuy.web.supplier import desk, lot_claims, sales, settlements
from groupbuy.web.supplier.blueprint import blueprint

# Importing a page declares its routes.
PAGES = (desk, lot_claims, sales, settlements)


def register_supplier(app: Flask) -> None:
    """Put the pages into an application; documents come from the renderer the operators' pages use."""
    app.register_blueprint(blueprint)
