"""The settings that an application was built with."""

from flask import Flask

from groupbuy.config import Settings

NAME = "groupbuy_settings"


def settings_of(app: Flask) -> Settings:
    """Return the settings an application was built with."""
    settings: Settings = app.extensions[NAME]
    return settings
