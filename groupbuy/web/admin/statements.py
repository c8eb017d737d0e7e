"""Statements of leaders (佣金账单): a month of each leader, as a list and as files."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.analytics import leader_statement
from groupbuy.analytics.leader_statement_sheet import statement_sheet
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import said
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.commissions import tabs
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, chosen, show
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("Month"), lambda row: row.period, "code"),
    Column(_l("Item code"), lambda row: row.code, "code"),
    Column(_l("Leader"), lambda row: row.name, "name"),
    Column(_l("Pending"), lambda row: row.pending_fen, "money"),
    Column(_l("Frozen"), lambda row: row.frozen_fen, "money"),
    Column(_l("Available"), lambda row: row.settled_fen, "money"),
)


def _file(suffix: str) -> Any:
    return lambda row: url_for("admin.commissions_statement", code=row.code, period=row.period, suffix=suffix)


@blueprint.get("/commissions/statements")
def commissions_statements() -> ResponseReturnValue:
    """List what each leader's month brought to pending, frozen and available."""
    sums = leader_statement.months()
    statement = select(sums).order_by(sums.c.period.desc(), sums.c.code)
    if text := asked("q"):
        statement = statement.where(sums.c.code.contains(text, autoescape=True))
    statement = statement.where(*chosen("month", sums.c.period))
    listing = Listing(
        "leader-statements",
        _("Statements"),
        statement,
        COLUMNS,
        filters=(Filter("q", _("Code number")), Filter("month", _("Month, such as 2026-11"))),
        actions=(("PDF", _file("pdf")), ("Excel", _file("xlsx"))),
    )
    empty = _("A leader has a statement for each month in which its money moved.")
    return show(listing, tabs=tabs("admin.commissions_statements"), empty_text=empty)


@blueprint.get("/commissions/statements/<code>/<period>.<any(xlsx, pdf):suffix>")
def commissions_statement(code: str, period: str, suffix: str) -> ResponseReturnValue:
    """Download a leader's statement of a month."""
    leader = get_leader(code)
    rows = leader_statement.statement(leader.id, period)
    if not rows:
        raise NotFound("unknown_period", "Nothing moved in this month.")
    named = f"{leader.code} {leader.name}"
    sheet = statement_sheet(
        period, named, rows, carried_fen=leader_statement.carried(leader.id, period), now=utc_now()
    )
    content = xlsx.write_xlsx([sheet]) if suffix == "xlsx" else pdf.write_pdf([sheet])
    mime = xlsx.CONTENT_TYPE if suffix == "xlsx" else pdf.CONTENT_TYPE
    return attachment(content, f"{said(sheet.title)}-{leader.code}-{period}.{suffix}", mime)
