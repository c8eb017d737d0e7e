"""The finance journal: every entry of the ledger with its cause and who, down to the paper behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from groupbuy.analytics import journal, report_codes
from groupbuy.analytics.account_names import WORDS, names_of
from groupbuy.analytics.journal import Asked, Entry, Sums
from groupbuy.analytics.money_report import CAUSES, Narrow
from groupbuy.db import db
from groupbuy.documents.languages import all_said
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.ledger import tabs
from groupbuy.web.admin.listing import MAX_EXPORT, Column, Listing, Rows, asked, file_asked, file_of, page_of
from groupbuy.web.admin.words import names_of as actors_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

# Where the paper of a cause is shown.
_OF_ORDER = "admin.orders_detail"
_SHOWN: Mapping[str, str] = {
    "order_sale": _OF_ORDER,
    "order_owed": _OF_ORDER,
    "order_payment": _OF_ORDER,
    "order_split": _OF_ORDER,
    "order_fee": _OF_ORDER,
    "refund": _OF_ORDER,
    "supplier_payment": "admin.settlements_detail",
    "goods_receipt": "admin.receiving_receipt",
}


def _paper(row: Entry) -> str | None:
    endpoint = _SHOWN.get(row.cause_kind)
    return url_for(endpoint, number=row.paper) if endpoint else None


def _columns(who: Callable[[Entry], str]) -> tuple[Column, ...]:
    return (
        Column(_l("Entry"), lambda row: row.id, "number", width=8),
        Column(_l("Booked at"), lambda row: row.at, "moment", width=17),
        Column(_l("Month of the books"), lambda row: row.period, "code", width=10),
        Column(_l("Booked for"), lambda row: row.cause),
        Column(_l("Paper"), lambda row: row.paper, "code", _paper, width=22),
        Column(_l("Debited account"), lambda row: row.debit, width=20),
        Column(_l("Credited account"), lambda row: row.credit, width=20),
        Column(_l("Amount"), lambda row: row.amount_fen, "money"),
        Column(_l("Booked by"), who),
        Column(_l("Seal"), lambda row: row.seal_number, "number", width=8),
    )


@blueprint.get("/ledger/journal")
def ledger_journal() -> ResponseReturnValue:
    """List the entries of some months, the latest first, with what they come to; or as a file."""
    wish = _asked()
    statement = journal.selection(wish)
    if file_asked():
        report_codes.check(wish.narrow.codes)
        return _file(statement)
    listing = Listing("journal", _("Finance journal"), statement, (), scalars=True)
    pages = page_of(listing)
    rows, found = journal.read(pages.items), journal.sums(wish)
    faults = report_codes.faults_of(wish.narrow.codes)
    page = render_template(
        "admin/journal.html",
        faults=faults,
        listing=replace(listing, columns=_columns(_who(rows))),
        pages=replace(pages, items=rows),
        asked=wish,
        sums=found,
        balance_fen=_balance(wish.narrow.account, found),
        accounts=_accounts(wish),
        tabs=tabs("admin.ledger_journal"),
        causes=all_said(CAUSES),
    )
    return page, 422 if faults else 200


def _asked() -> Asked:
    """Return what the address asks for; months that are none are the present one."""
    month = rules.period_of(utc_now())
    narrow = Narrow(**{name: asked(name) for name in Narrow.__slots__})
    wish = Asked(asked("since") or month, asked("until") or month, narrow, asked("paper"))
    try:
        list(wish.conditions())
    except BadInput:
        return replace(wish, since=month, until=month)
    return wish


def _accounts(wish: Asked) -> Mapping[str, str]:
    """Return the accounts there are to choose from: those of nobody, and the one that is chosen."""
    chosen = wish.narrow.account
    return all_said(WORDS) | (names_of([chosen]) if chosen and chosen not in WORDS else {})


def _balance(account: str, found: Sums) -> int | None:
    """Return by how much an account has moved as people read it, in fen; None where that means nothing."""
    kind = account.partition(":")[0]
    if kind not in rules.KINDS:
        return None
    moved = found.credited_fen - found.debited_fen
    return -moved if kind in rules.DEBIT_KINDS else moved


def _who(rows: Sequence[Entry]) -> Callable[[Entry], str]:
    names = actors_of({row.actor for row in rows})
    return lambda row: str(names.get(row.actor, row.actor))


def _file(statement: Select[Posting]) -> ResponseReturnValue:
    found = db.session.scalars(statement.limit(MAX_EXPORT + 1)).all()
    if len(found) > MAX_EXPORT:
        raise BadInput("too_many", f"At most {MAX_EXPORT} rows at once; narrow the filters.", param="export")
    rows = journal.read(found)
    answer = file_of("journal", Rows(_("Finance journal"), _columns(_who(rows)), rows))
    if answer is None:
        raise RuntimeError("no file was asked for")
    return answer
