"""The operators' desk."""

from flask import Flask

from groupbuy.web.admin import (
    agreement,
    audit,
    campaign_editor,
    campaign_plan,
    campaigns,
    cash,
    commissions,
    dashboard,
    importing,
    late_orders,
    leader_deeds,
    leader_sheets,
    leader_target,
    leader_terms,
    leaders,
    ledger,
    listing,
    order_deeds,
    orders,
    papers,
    payments,
    pictures,
    prices,
    printing,
    product_forms,
    products,
    purchasing,
    receipts,
    receiving,
    residents,
    rest_days,
    round_deeds,
    round_troubles,
    rounds,
    scheduler,
    settings,
    shelves,
    shortage,
    stock,
    suppliers,
    user_limits,
    users,
    withdrawals,
    words,
)
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.campaigns import weekday

# Importing a page declares its routes.
PAGES = (
    agreement,
    audit,
    campaign_editor,
    campaign_plan,
    campaigns,
    cash,
    commissions,
    dashboard,
    importing,
    late_orders,
    leader_deeds,
    leader_sheets,
    leader_terms,
    leader_target,
    leaders,
    ledger,
    order_deeds,
    orders,
    papers,
    payments,
    prices,
    printing,
    product_forms,
    products,
    purchasing,
    receipts,
    receiving,
    residents,
    rest_days,
    round_deeds,
    round_troubles,
    rounds,
    scheduler,
    settings,
    shelves,
    shortage,
    stock,
    suppliers,
    user_limits,
    users,
    withdrawals,
)


def register_admin(app: Flask, *, render: papers.Render, zip_round: papers.ZipRound) -> None:
    """Put the pages into an application; ``render`` and ``zip_round`` make documents."""
    app.extensions.setdefault(papers.RENDER, render)
    app.extensions[papers.ZIP_ROUND] = zip_round
    app.jinja_env.globals.update(
        may_export=listing.may_export,
        cancel_reason=words.cancel_reason,
        verb=words.verb,
        subject_kind=words.subject_kind,
        weekday=weekday,
    )
    pictures.install(app)
    app.register_blueprint(blueprint)
