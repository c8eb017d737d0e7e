"""Put the pages into an application."""

from flask import Flask
from flask_wtf import CSRFProtect

from groupbuy.accounts.gateways import WechatSite
from groupbuy.config import Settings
from groupbuy.flows.archive.reading import archived_at
from groupbuy.messaging.codes import CodeSender
from groupbuy.web import channel, kit, monitoring, reach
from groupbuy.web.admin import register_admin
from groupbuy.web.admin.papers import Render, ZipRound
from groupbuy.web.leader import register_leader
from groupbuy.web.leader.printing import SheetsOf
from groupbuy.web.resident import register_resident
from groupbuy.web.signin import register_signin
from groupbuy.web.supplier import register_supplier

# Programs call these, with signatures or tokens of their own.
EXEMPT_BLUEPRINTS = ("api_v1", "channel")


def init_web(
    app: Flask,
    settings: Settings,
    *,
    code_sender: CodeSender,
    wechat: WechatSite | None,
    render: Render,
    zip_round: ZipRound,
    sheets_of: SheetsOf,
) -> None:
    """Join the kit and the pages of every role.

    ``code_sender`` takes sign-in codes to phones, ``wechat`` tells who somebody is there, ``render``,
    ``zip_round`` and ``sheets_of`` make documents. Called after the API is registered, whose writes
    guard themselves against forgery.
    """
    app.register_blueprint(channel.blueprint)
    _guard_forms(app)
    kit.install(app, zone=settings.timezone, insecure_http=settings.insecure_http, may_visit=reach.may_visit)
    reach.install(app)
    app.jinja_env.globals.update(archived_at=archived_at)
    app.register_blueprint(monitoring.blueprint)
    register_signin(app, code_sender=code_sender, wechat=wechat, base_url=settings.base_url)
    register_resident(app)
    register_leader(app, sheets_of=sheets_of)
    register_admin(app, render=render, zip_round=zip_round)
    register_supplier(app)


def _guard_forms(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for name in EXEMPT_BLUEPRINTS:
        csrf.exempt(app.blueprints[name])
    # The token lives as long as the session: a page may lie open for a day.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
