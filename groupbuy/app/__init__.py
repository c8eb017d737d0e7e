"""Joins the parts: config, database, blueprints, gateways, senders."""

from groupbuy.app import tables
from groupbuy.app.factory import create_app, migrate_database
from groupbuy.app.settings import settings_of

__all__ = ["create_app", "migrate_database", "settings_of", "tables"]
