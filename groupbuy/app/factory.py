"""The whole application: what all commands share, and pages and API with their gateways."""

from flask import Flask

from groupbuy.api.register import register_api
from groupbuy.app.core import create_core
from groupbuy.app.documents import render_attachment, sheets_of
from groupbuy.app.migrating import init_migrations
from groupbuy.app.outside import code_sender_of, payment_gateways_of, send_traces_of, wechat_of
from groupbuy.app.round_zip import zip_round
from groupbuy.config import Settings
from groupbuy.http.charging import init_charging
from groupbuy.http.setup import init_http
from groupbuy.web.setup import init_web


def create_app(settings: Settings) -> Flask:
    """Build the application for the settings; touches no table."""
    app = create_core(settings)
    init_migrations(app)
    send_traces_of(app, settings)
    init_http(app, settings)
    init_charging(app, settings, payment_gateways_of(settings))
    register_api(app, render=render_attachment)
    init_web(
        app,
        settings,
        code_sender=code_sender_of(settings),
        wechat=wechat_of(settings),
        render=render_attachment,
        zip_round=zip_round,
        sheets_of=sheets_of,
    )
    return app
