"""Reports of the trade for any span: rows, sums, a chart, files, and the ledger's figure beside them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.accounts.queries import lock_account
from groupbuy.analytics import report_codes, trade_base, trade_reports
from groupbuy.analytics.trade_base import CODES, Report, Wanted
from groupbuy.audit import service as audit
from groupbuy.db.transaction import in_transaction
from groupbuy.documents import csv_files, xlsx
from groupbuy.documents.languages import said
from groupbuy.finance.rules import BOOKS
from groupbuy.http.guards import signed_in
from groupbuy.jobs import files
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import parse_date
from groupbuy.settlements.rules import start_of
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Pages, asked
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

PER_PAGE = 50
USUAL_DAYS = 7
MIME = {"xlsx": xlsx.CONTENT_TYPE, "csv": csv_files.CONTENT_TYPE}

TITLES: Mapping[str, Any] = {
    "purchases": _l("Purchases in detail"),
    "sales": _l("Sales in detail"),
    "stock": _l("Stock overview"),
    "in-out": _l("Products in and out"),
    "margin-product": _l("Margin by product"),
    "margin-leader": _l("Margin by leader"),
    "margin-supplier": _l("Margin by supplier"),
    "margin-route": _l("Margin by route"),
    "freight-leader": _l("Freight by leader"),
    "freight-route": _l("Freight by route"),
}
WORDS: Mapping[str, Any] = {
    "at": _l("Time"),
    "receipt": _l("Paper"),
    "order": _l("Order no."),
    "supplier": _l("Supplier"),
    "leader": _l("Leader"),
    "route": _l("Route"),
    "warehouse": _l("Warehouse"),
    "code": _l("Code no."),
    "product": _l("Product"),
    "name": _l("Item name"),
    "delivered": _l("Delivered"),
    "rejected": _l("Rejected"),
    "accepted": _l("Accepted"),
    "cost": _l("Cost"),
    "cost_fen": _l("Cost of the goods"),
    "price": _l("Price"),
    "amount": _l("Amount"),
    "kind": _l("Kind"),
    "units": _l("Units"),
    "bought": _l("Units bought"),
    "bought_fen": _l("Bought for"),
    "sold": _l("Units sold"),
    "sold_fen": _l("Sold for"),
    "stocked": _l("Change of stock"),
    "stocked_fen": _l("Change of its value"),
    "commission": _l("Commission"),
    "orders": _l("Orders"),
    "freight": _l("Freight"),
    "door": _l("To the door"),
    "margin": _l("Gross margin"),
    "rate": _l("Margin rate"),
    "received": _l("Goods received"),
    "sent_back": _l("Returned to the supplier"),
    "adjusted_claim": _l("Claim"),
    "adjusted_deduction": _l("Deduction"),
    "adjusted_price": _l("Price difference"),
    "adjusted_rebate": _l("Rebate"),
    "sale": _l("Sale"),
    "return": _l("Goods returned"),
}


@blueprint.get("/reports")
def reports() -> ResponseReturnValue:
    """Lead to the first report."""
    return redirect(url_for("admin.reports_view", name=next(iter(TITLES))), 303)


@blueprint.get("/reports/<name>")
def reports_view(name: str) -> ResponseReturnValue:
    """Show a report, or hand it out as a file with ``?export=xlsx`` or ``csv``."""
    report, (first, last) = trade_reports.get_report(name), _days()
    wanted = _wanted(first, last)
    report_codes.check_used(wanted.codes, report.narrows)
    kind = request.args.get("export")
    if kind in MIME:
        report_codes.check(wanted.codes)
        sheet = trade_reports.sheet_of(report, wanted)
        return attachment(trade_reports.written(sheet, kind), _named(report, first, last, kind), MIME[kind])
    faults = report_codes.faults_of({code: asked(code) for code in report.narrows})
    found = trade_base.figures(report, wanted)
    page = min(max(request.args.get("page", 1, type=int), 1), max(-(-found.rows // PER_PAGE), 1))
    rows = trade_reports.rows_of(report, wanted, most=PER_PAGE, skip=(page - 1) * PER_PAGE)
    shown = render_template(
        "admin/trade_report.html",
        report=report,
        pages=Pages(rows, page, found.rows, PER_PAGE),
        found=found,
        first=first,
        last=last,
        chart=_chart(report, wanted),
        titles=TITLES,
        words=WORDS,
        large=trade_reports.LARGE,
        codes=wanted.codes,
        tabs=tabs(name),
        faults=faults,
    )
    return shown, 422 if faults else 200


def _named(report: Report, first: date, last: date, suffix: str) -> str:
    return f"{said(report.title)}-{first}-{last}.{suffix}"


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the reports as tabs."""
    pages = [(url_for("admin.reports_view", name=name), str(text), name) for name, text in TITLES.items()]
    pages.append((url_for("admin.reports_files"), _("Files"), "files"))
    return [(address, text, name == current) for address, text, name in pages]


def _days() -> tuple[date, date]:
    """Return the first and the last day that are asked for; what are no days is the last week.

    A report of how things stand asks for the last one alone.
    """
    today = utc_now().astimezone(BOOKS).date()
    asked_for = _span(asked("since") or asked("until"), asked("until"))
    return asked_for or (today - timedelta(days=USUAL_DAYS - 1), today)


def _span(since: str, until: str) -> tuple[date, date] | None:
    """Return two typed days, the earlier one first; None for what is no day or far away."""
    try:
        first, last = sorted((parse_date(since), parse_date(until)))
    except ValueError:
        return None
    return (first, last) if date(2000, 1, 1) <= first and last < date(9000, 1, 1) else None


def _wanted(first: date, last: date) -> Wanted:
    codes = {name: asked(name) for name in CODES}
    return Wanted(start_of(first), start_of(last + timedelta(days=1)), **codes)


def _chart(report: Report, wanted: Wanted) -> dict[str, Any] | None:
    bars = trade_base.bars(report, wanted)
    if not any(value for _name, value in bars):
        return None
    heading = str(WORDS[report.chart[1]])
    bar = {"name": heading, "type": "bar", "barMaxWidth": 26, "data": [fen / 100 for _name, fen in bars]}
    return {
        "legend": {"data": [heading]},
        "xAxis": {"type": "category", "data": [name for name, _fen in bars], "axisLabel": {"rotate": 30}},
        "yAxis": [{"type": "value", "name": heading}],
        "series": [bar],
    }


@blueprint.post("/reports/<name>/make")
def reports_make(name: str) -> ResponseReturnValue:
    """Let a report be made in the background."""
    report, (first, last) = trade_reports.get_report(name), _days_of_form()
    codes = {code: request.form.get(code, "").strip()[:100] for code in CODES}
    report_codes.check_used(codes, report.narrows)
    report_codes.check(codes)
    wanted = Wanted(start_of(first), start_of(last + timedelta(days=1)), **codes)
    suffix = "csv" if request.form.get("suffix") == "csv" else "xlsx"
    name = _named(report, first, last, suffix)
    in_transaction(lambda: _ask(report, wanted, name=name, suffix=suffix))
    flash(_("The file is being made; it appears here."), "ok")
    return redirect(url_for("admin.reports_files"), 303)


def _ask(report: Report, wanted: Wanted, *, name: str, suffix: str) -> None:
    now, account_id = utc_now(), signed_in().account_id
    rows = trade_base.figures(report, wanted).rows
    # Who asks twice at the same moment waits for one file too.
    lock_account(account_id)
    files.ask(
        report=report.name,
        payload=trade_reports.as_json(report, wanted),
        name=name,
        suffix=suffix,
        rows=rows,
        account_id=account_id,
        now=now,
    )
    audit.record(
        at=now,
        actor=actor().name,
        verb="report_asked",
        subject_kind="report",
        subject=report.name,
        after={"file": name},
    )


def _days_of_form() -> tuple[date, date]:
    today = utc_now().astimezone(BOOKS).date()
    return _span(request.form.get("since", ""), request.form.get("until", "")) or (today, today)


@blueprint.get("/reports/files")
def reports_files() -> ResponseReturnValue:
    """List the files that somebody has asked for, with their progress."""
    rows = files.files_of(signed_in().account_id)
    return render_template("admin/report_files.html", rows=rows, titles=TITLES, tabs=tabs("files"))


@blueprint.get("/reports/files/<int:file_id>")
def reports_files_take(file_id: int) -> ResponseReturnValue:
    """Hand out a file to whoever has asked for it; for anybody else it does not exist."""
    row = files.get_file(file_id, signed_in().account_id)
    return attachment(row.content or b"", row.name, MIME[row.suffix])
