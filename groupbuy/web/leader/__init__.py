"""Pages for leaders and their helpers: the desk, orders, handing out, roll-calls, commission."""

from flask import Flask

from groupbuy.web.leader import (
    after_sales,
    bags,
    cases,
    changing,
    commission,
    desk,
    door_delivery,
    extras,
    goods,
    helper_payments,
    helpers,
    messages,
    money,
    moving_in,
    on_behalf,
    orders,
    papers,
    picks,
    pickup,
    pickup_offline,
    printing,
    ranking,
    residents,
    rest_days,
    roll_call,
    roll_call_placing,
    rounds,
    unfetched,
)
from groupbuy.web.leader.blueprint import blueprint

# Importing a page declares its routes.
PAGES = (
    after_sales,
    cases,
    desk,
    door_delivery,
    rounds,
    papers,
    printing,
    orders,
    changing,
    on_behalf,
    roll_call,
    roll_call_placing,
    picks,
    pickup,
    bags,
    pickup_offline,
    unfetched,
    goods,
    residents,
    helpers,
    helper_payments,
    rest_days,
    moving_in,
    commission,
    messages,
    money,
    extras,
    ranking,
)


def register_leader(app: Flask, *, sheets_of: printing.SheetsOf) -> None:
    """Put the pages into an application; ``sheets_of`` makes the sheets that are printed from a page."""
    app.extensions[printing.SHEETS] = sheets_of
    app.register_blueprint(blueprint)
