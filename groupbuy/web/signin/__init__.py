"""Signing in and up, for all roles."""

from flask import Flask

from groupbuy.accounts.gateways import WechatSite
from groupbuy.http.new_phones import CODE_SENDER
from groupbuy.messaging.codes import CodeSender
from groupbuy.web.signin import (
    again,
    becoming,
    devices,
    factor,
    phone,
    roles,
    sign_in,
    sign_up,
    speaking,
    wechat_pages,
)
from groupbuy.web.signin.blueprint import BASE_URL, WECHAT, blueprint

# Importing a page declares its routes.
PAGES = (sign_in, sign_up, roles, becoming, devices, phone, factor, again, wechat_pages)


def register_signin(app: Flask, *, code_sender: CodeSender, wechat: WechatSite | None, base_url: str) -> None:
    """Put the pages into an application.

    ``code_sender`` takes codes to phones, ``wechat`` is None while no app of theirs is set, ``base_url`` is
    our own address where WeChat sends people back to, else that of the request.
    """
    app.extensions[CODE_SENDER] = code_sender
    app.extensions[WECHAT] = wechat
    app.extensions[BASE_URL] = base_url
    app.register_blueprint(blueprint)
    again.install(app)
    speaking.install(app)
