"""Pages for residents: the shop, the cart, their orders and themselves."""

from flask import Flask

from groupbuy.web.resident import (
    addresses,
    after_sales,
    cart,
    changing,
    home,
    invoices,
    me,
    messages,
    order_deeds,
    orders,
    own_data,
    own_leader,
    paying,
    rounds,
    sharing,
    substitutes,
    tolerances,
    wallet,
)
from groupbuy.web.resident.blueprint import blueprint

# Importing a page declares its routes.
PAGES = (
    home,
    rounds,
    cart,
    orders,
    order_deeds,
    after_sales,
    invoices,
    changing,
    substitutes,
    tolerances,
    paying,
    wallet,
    me,
    own_leader,
    own_data,
    messages,
    addresses,
    sharing,
)


def register_resident(app: Flask) -> None:
    """Put the pages into an application."""
    app.register_blueprint(blueprint)
