"""Put the API into an application."""

from flask import Flask

from groupbuy.api.v1 import (
    addresses,
    after_sales,
    campaigns,
    carts,
    catalog,
    delivery,
    documents,
    imports,
    leader_terms,
    managing,
    messages,
    money,
    moving_in,
    notices,
    openapi,
    orders,
    paying,
    people,
    pickup_events,
    pickups,
    purchasing,
    ranking,
    recruiting,
    reports,
    rerouting,
    rest_days,
    rounds,
    settlements,
    splitting,
    stock_batches,
    substitutes,
    suppliers,
    tokens,
    trade_reports,
    users,
    warehouse,
    webhooks,
    weights,
)
from groupbuy.api.v1.documents import RENDER, Render
from groupbuy.api.v1.endpoint import blueprint

# Importing a resource declares its operations.
RESOURCES = (
    tokens,
    rounds,
    carts,
    orders,
    substitutes,
    after_sales,
    pickups,
    pickup_events,
    purchasing,
    reports,
    documents,
    catalog,
    people,
    recruiting,
    rest_days,
    leader_terms,
    campaigns,
    managing,
    splitting,
    rerouting,
    messages,
    notices,
    money,
    paying,
    settlements,
    stock_batches,
    suppliers,
    trade_reports,
    imports,
    moving_in,
    ranking,
    addresses,
    warehouse,
    delivery,
    users,
    webhooks,
    weights,
    openapi,
)


def register_api(app: Flask, *, render: Render) -> None:
    """Serve version 1; ``render`` makes the documents."""
    app.extensions[RENDER] = render
    app.register_blueprint(blueprint)
