"""Joins the parts: config, database, blueprints, gateways, senders."""

from groupbuy.app.settings import settings_of

__all__ = ["settings_of"]
