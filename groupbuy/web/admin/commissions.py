"""Commissions: what was booked per round and leader."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.commissions.models import CommissionEntry
from groupbuy.leaders.models import Leader
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    chosen,
    searched,
    show,
    within_days,
)
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("Booked"), lambda row: row.CommissionEntry.created_at, "moment", sort="booked", width=17),
    Column(
        _l("Leader"),
        lambda row: row.Leader.name,
        "name",
        lambda row: url_for("admin.leaders_detail", code=row.Leader.code),
    ),
    Column(_l("Item code"), lambda row: row.Leader.code, "code"),
    Column(
        _l("Round"),
        lambda row: row.Round.title,
        link=lambda row: url_for("admin.campaigns_round", name=row.Round.name),
        width=24,
    ),
    Column(_l("Kind"), lambda row: row.CommissionEntry.kind, "state:commission"),
    Column(_l("Turnover"), lambda row: row.CommissionEntry.base_fen, "money"),
    Column(_l("Commission"), lambda row: row.CommissionEntry.amount_fen, "money", sort="amount"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of commissions as tabs."""
    pages = (
        (_("Booked"), "admin.commissions"),
        (_("Rates in force"), "admin.commissions_plan"),
        (_("Rewards and bonuses"), "admin.commissions_extras"),
        (_("Own orders"), "admin.commissions_own"),
        (_("Statements"), "admin.commissions_statements"),
    )
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


@blueprint.get("/commissions")
def commissions() -> ResponseReturnValue:
    """List what was booked, the newest first."""
    statement = (
        select(CommissionEntry, Leader, Round)
        .join(Leader, Leader.id == CommissionEntry.leader_id)
        .join(Round, Round.id == CommissionEntry.round_id)
        .where(*within_days(CommissionEntry.created_at, "from", "until"))
        .order_by(CommissionEntry.id.desc())
        .where(*searched(Leader.name, Leader.code, Round.name, Round.title))
        .where(*chosen("leader", Leader.code))
    )
    listing = Listing(
        "commissions",
        _("Commissions"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Leader or round")),
            Filter("from", _("Day of booking"), until="until"),
        ),
        sorts={"booked": CommissionEntry.created_at, "amount": CommissionEntry.amount_fen},
        actions=((_("Statement"), _statement),),
    )
    empty = _("Commissions are booked when a round closes. Set the rates first.")
    return show(listing, tabs=tabs("admin.commissions"), empty_text=empty)


def _statement(row: Any) -> str | None:
    paper = {"kind": "commission_statement", "code": row.Leader.code, "suffix": "pdf"}
    return url_for("admin.campaigns_paper", name=row.Round.name, **paper)
