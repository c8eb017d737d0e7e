"""The archive: which old rounds are in it, what the others wait for, and the way back."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.campaigns.models import Round
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.dials import dials
from groupbuy.flows.archive import archiving
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, searched, show
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

OPEN = {
    "orders": _l("orders not handed out"),
    "payments": _l("money to get or to give back"),
    "refunds": _l("refunds under way"),
    "after_sales": _l("after-sale cases"),
    "invoices": _l("invoices asked for"),
    "commission": _l("commission not settled"),
    "suppliers": _l("purchases not settled"),
    "other_rounds": _l("another round that belongs to it"),
    "newer_rows": _l("newer orders, payments and changes than its own"),
    "cash": _l("cash not handed over"),
}


def waits_for(row: RoundArchive) -> str:
    """Return in people's words what keeps a round from the archive."""
    return _words(row.waits_for.split())


def _words(waits_for: Sequence[str]) -> str:
    return "、".join(str(OPEN[word]) for word in waits_for)


COLUMNS = (
    Column(
        _l("Round"), lambda row: row.round.title, "name", lambda row: _round_page(row), sort="day", width=24
    ),
    Column(_l("Number"), lambda row: row.round.name, "code"),
    Column(_l("Pickup"), lambda row: row.round.pickup_date, "day"),
    Column(_l("Archived"), lambda row: row.archived_at, "moment", width=17),
    Column(_l("Orders"), lambda row: row.orders, "number"),
    Column(_l("Waits for"), waits_for, width=40),
)


def _round_page(row: RoundArchive) -> str:
    return url_for("admin.campaigns_round", name=row.round.name)


@blueprint.get("/archive")
def archive() -> ResponseReturnValue:
    """List the rounds that were looked at, those handed out last first."""
    listing = Listing(
        "archive",
        _("Archive of rounds"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Round or number")),
            Filter(
                "where", _("Place"), [("in", _("In the archive")), ("waits", _("Waits"))], _("All places")
            ),
        ),
        sorts={"day": Round.pickup_date},
        scalars=True,
    )
    days = dials().archive_days
    empty = (
        _(
            "Rounds come here %(days)s days after they were handed out, once nothing of them is open.",
            days=days,
        )
        if days
        else _("Rounds stay where they are: the figures of money say that none is archived.")
    )
    return show(listing, "admin/archive.html", empty_text=empty)


def _statement() -> Select[Any]:
    rows = archiving.rounds_looked_at().where(*searched(Round.title, Round.name))
    if (where := asked("where")) in ("in", "waits"):
        rows = rows.where(archiving.in_place(where))
    return rows


@blueprint.post("/archive/<name>/back")
def archive_back(name: str) -> ResponseReturnValue:
    """Bring a round back, so that its orders can be worked with again."""
    who = actor().name
    outcome = in_transaction(lambda: archiving.bring_back(name=name, now=utc_now(), actor=who))
    flash(_("%(count)s orders are back.", count=outcome.orders), "ok")
    return redirect(url_for("admin.campaigns_round", name=name), 303)


@blueprint.post("/archive/<name>/now")
def archive_now(name: str) -> ResponseReturnValue:
    """Look again at a round that waits, and archive it when nothing of it is open any more."""
    who = actor().name
    outcome = in_transaction(lambda: archiving.archive_now(name=name, now=utc_now(), actor=who))
    if outcome.waits_for:
        flash(_("It still waits for: %(what)s.", what=_words(outcome.waits_for)), "wait")
    else:
        flash(_("%(count)s orders are in the archive.", count=outcome.orders), "ok")
    return redirect(url_for("admin.archive"), 303)
