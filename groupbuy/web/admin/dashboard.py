"""The dashboard: figures of today, the last seven days, what waits, and rounds with live numbers."""

from datetime import datetime, timedelta
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from groupbuy.analytics import dashboard as figures
from groupbuy.analytics.dashboard_handing import handing_decisions
from groupbuy.analytics.decisions import decisions
from groupbuy.analytics.round_figures import current_rounds
from groupbuy.jobs import heartbeats
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import start_of
from groupbuy.web.admin.round_columns import ROUND_COLUMNS
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.i18n import gettext as _

DAYS = 7
# Without a sign of life for this long, nobody opens and closes rounds.
SILENT = timedelta(seconds=30)


@blueprint.get("/")
def dashboard() -> ResponseReturnValue:
    """Show everything an operator looks at first."""
    edges = _edges()
    days = figures.days(edges)
    return render_template("admin/dashboard.html", chart=_chart(days), **_live(days[-2:]))


@blueprint.get("/live")
def dashboard_live() -> ResponseReturnValue:
    """Return the part of the dashboard that is asked for again and again."""
    return render_template("admin/dashboard_live.html", **_live(figures.days(_edges()[-3:])))


def _edges() -> list[datetime]:
    """Return the beginnings of the last days, and of tomorrow."""
    return [start_of(today() + timedelta(days=offset)) for offset in range(1 - DAYS, 2)]


def _live(last_two: list[figures.DayFigures]) -> dict[str, Any]:
    now = utc_now()
    begins, ends = start_of(today()), start_of(today() + timedelta(days=1))
    beat = heartbeats.last_beat()
    return {
        "yesterday": last_two[0],
        "today_figures": last_two[1],
        "decisions": decisions(now=now, day=today(), begins=begins, ends=ends),
        "handing": handing_decisions(now),
        "rounds": current_rounds(now=now, begins=begins, ends=ends),
        "columns": ROUND_COLUMNS,
        "lateness": figures.lateness(now=now),
        "beat": beat,
        "silent": beat is None or now - beat > SILENT,
    }


def _chart(days: list[figures.DayFigures]) -> dict[str, Any]:
    labels = [f"{today() + timedelta(days=offset):%m-%d}" for offset in range(1 - DAYS, 1)]
    amount, orders = _("Turnover (yuan)"), _("Orders")
    return {
        "legend": {"data": [amount, orders]},
        "xAxis": {"type": "category", "data": labels},
        "yAxis": [
            {"type": "value", "name": amount},
            {"type": "value", "name": orders, "splitLine": {"show": False}, "minInterval": 1},
        ],
        "series": [
            {
                "name": amount,
                "type": "bar",
                "barWidth": 26,
                "itemStyle": {"borderRadius": [4, 4, 0, 0]},
                "data": [day.amount_fen / 100 for day in days],
            },
            {
                "name": orders,
                "type": "line",
                "smooth": True,
                "yAxisIndex": 1,
                "data": [day.orders for day in days],
            },
        ],
    }
