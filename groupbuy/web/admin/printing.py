"""Documents of a round as pages: printed at the desk without a download, alone or one after the other."""

from collections.abc import Sequence
from itertools import chain
from math import ceil

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupbuy.analytics import round_page
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.documents.html_data import html_sheet
from groupbuy.documents.sheet import Kind
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.web.admin import papers
from groupbuy.web.admin.blueprint import blueprint, within
from groupbuy.web.kit.paging import Pages
from groupbuy.web.leader.printing import SHEETS, SheetsOf, drawing

# So many leaders' or suppliers' sheets are shown at once; a browser has trouble with more paper.
AT_ONCE = 20


@blueprint.get("/rounds/<name>/print/<kind>", defaults={"code": None})
@blueprint.get("/rounds/<name>/print/<kind>/<code>")
def campaigns_print(name: str, kind: str, code: str | None) -> ResponseReturnValue:
    """Show sheets ready to print: of one leader or supplier, of all of them, or of the round itself.

    Who looked at them is logged, as for the files.
    """
    papers.check(kind, code, each=True)
    if kind not in papers.PRINTED:
        raise NotFound("unknown_document", f"There is no document {kind} to print.")
    round_, now = campaigns.get_round(name), utc_now()
    owners: Sequence[str | None] = [code] if code or kind in papers.OF_ROUND else _owners(round_, kind)
    pages = _pages(len(owners))
    shown = owners[(pages.page - 1) * AT_ONCE : pages.page * AT_ONCE]
    if not shown:
        raise NotFound("unknown_document", f"Round {name} has no {kind}.")
    sheets_of: SheetsOf = current_app.extensions[SHEETS]
    sheets = list(chain.from_iterable(sheets_of(kind, name, owner, now) for owner in shown))
    page = render_template(
        "leader/print.html",
        round=round_,
        sheets=[html_sheet(sheet) for sheet in sheets],
        pages=pages,
        drawing=drawing,
        qr=Kind.QR.value,
        back=_back(name, code),
    )
    papers.note(name, {"kind": kind, "code": code})
    return page


def _owners(round_: Round, kind: str) -> list[str | None]:
    """Return the codes of those who have such a document in a round, of the asker's leaders only."""
    if kind in papers.OF_SUPPLIER:
        return [row.code for row in round_page.purchase_orders_of(round_.id)]
    mine = set(db.session.scalars(select(Leader.code).where(*within(Leader.id))))
    return [row.code for row in round_page.leaders_of(round_.id) if row.code in mine]


def _pages(count: int) -> Pages:
    number = request.args.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    return Pages(max(page, 1), ceil(count / AT_ONCE), count)


def _back(name: str, code: str | None) -> str:
    """Return where the reader came from: staff with limits from a leader, all others from the round."""
    if within(Leader.id):
        return url_for("admin.leaders_sheets", code=code) if code else url_for("admin.leaders")
    return url_for("admin.campaigns_round", name=name)
