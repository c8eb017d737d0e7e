"""The handlers of an application's jobs."""

from collections.abc import Mapping

from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.documents import render_attachment
from groupbuy.app.outside import code_sender_of, subscribe_sender_of
from groupbuy.scheduler.handlers import handlers_for
from groupbuy.scheduler.work import Handler


def handlers_of(app: Flask) -> Mapping[str, Handler]:
    """Return what an application does for each kind of job."""
    settings = settings_of(app)
    return handlers_for(
        settings,
        render_attachment,
        texts=code_sender_of(settings),
        subscriptions=subscribe_sender_of(settings),
    )
