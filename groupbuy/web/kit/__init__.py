"""The kit of the pages: languages, filters, headers, errors, menus and static files."""

from zoneinfo import ZoneInfo

from flask import Flask

from groupbuy.web.kit import assets, cards, errors, filters, headers, i18n, navigation, paging, states


def install(
    app: Flask,
    *,
    zone: ZoneInfo,
    insecure_http: bool = False,
    may_visit: navigation.MayVisit = lambda _endpoint: True,
) -> None:
    """Join the kit to an application whose template and static folders are ours.

    ``zone`` is the operator's; with ``insecure_http`` every page carries a strip that says so;
    ``may_visit(endpoint)`` tells whether the reader may open a page and so
    whether a menu shows it.
    """
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["insecure_http"] = insecure_http
    i18n.install(app)
    filters.install(app, zone=zone)
    cards.install(app)
    states.install(app)
    navigation.install(app, may_visit=may_visit)
    paging.install(app)
    assets.install(app)
    headers.install(app)
    errors.install(app)
