"""Income and expense from the ledger, the balances behind them, and the figures of money."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired

from groupbuy.analytics import money_report, report_codes
from groupbuy.analytics.account_names import names_of
from groupbuy.analytics.money_report import IncomeExpense, Narrow
from groupbuy.documents import csv_files, xlsx
from groupbuy.documents.languages import all_said, said
from groupbuy.finance import queries, rules
from groupbuy.finance.dials import dials
from groupbuy.flows.figures import set_figures
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import PercentField, WholeField, YuanField
from groupbuy.web.admin.listing import asked
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

STEPS = {"day": _l("By day"), "week": _l("By week"), "month": _l("By month")}


class DialsForm(SeenForm):
    """Days, fees, limits and rates."""

    after_sale_days = WholeField(
        _l("After-sale days"),
        validators=[InputRequired()],
        description=_l("Commission is settled so many days after the pickup."),
    )
    replace_days = WholeField(
        _l("Replace within (days)"),
        validators=[InputRequired()],
        description=_l("Promised goods that no round has brought by then are paid back; 0 is never."),
    )
    remind_hours = WholeField(
        _l("Remind after (hours)"),
        validators=[InputRequired()],
        description=_l("Who has not fetched goods so long after they arrived is reminded; 0 is never."),
    )
    confirm_hours = WholeField(
        _l("Confirm after (hours)"),
        validators=[InputRequired()],
        description=_l("What nobody has scanned so long after it arrived counts as fetched; 0 is never."),
    )
    pickup_hour = WholeField(
        _l("Goods without a route are there at (hour)"),
        validators=[InputRequired()],
        description=_l("Of the pickup day, when no route brings them; the hours above count from it."),
    )
    withdrawal_min_fen = YuanField(_l("Smallest withdrawal (yuan)"), validators=[InputRequired()])
    withdrawal_fee_fen = YuanField(_l("Fee of a withdrawal (yuan)"), validators=[InputRequired()])
    tax_bp = PercentField(_l("Tax withheld (percent)"), validators=[InputRequired()])
    tax_free_fen = YuanField(
        _l("Free of tax in a month (yuan)"),
        validators=[InputRequired()],
        description=_l("Only what a leader's withdrawals of a month exceed it by is taxed."),
    )
    second_person_fen = YuanField(
        _l("Two persons above (yuan)"),
        validators=[InputRequired()],
        description=_l("A larger withdrawal, refund or supplier's statement is approved by two persons."),
    )
    refund_alone_fen = YuanField(
        _l("Pay back by itself up to (yuan)"),
        validators=[InputRequired()],
        description=_l(
            "What is owed back on a prepaid order after the close returns to where it came from, "
            "never above the limit of two persons; 0 is never."
        ),
    )
    weight_cap_bp = PercentField(
        _l("Most that weighed goods cost more (percent)"),
        validators=[InputRequired()],
        description=_l("Of what was estimated at the order; what they weigh beyond it is not charged."),
    )
    referral_bp = PercentField(
        _l("Referral reward (percent)"),
        validators=[InputRequired()],
        description=_l("Of what a leader sells, to the leader who brought it; from the next close on."),
    )
    referral_2_bp = PercentField(
        _l("Referral reward, second level (percent)"),
        validators=[InputRequired()],
        description=_l("To the leader who brought that one."),
    )
    archive_days = WholeField(
        _l("Archive rounds after (days)"),
        validators=[InputRequired()],
        description=_l("Handed out so long ago, with nothing open; they stay readable. 0 is never."),
    )


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of the ledger: address, name, and whether it is this one."""
    pages = (("admin.ledger", _("Income and expense")), ("admin.ledger_journal", _("Finance journal")))
    return [(url_for(endpoint), name, endpoint == current) for endpoint, name in pages]


@blueprint.get("/ledger")
def ledger() -> ResponseReturnValue:
    """Show income, expense and money of some months; ``?export=xlsx`` or ``csv`` is a file."""
    report = _report()
    kind = request.args.get("export")
    if kind in ("xlsx", "csv"):
        report_codes.check(report.narrow.codes)
        sheet, *more = money_report.sheets(report)
        content = xlsx.write_xlsx([sheet, *more]) if kind == "xlsx" else csv_files.csv_for_people(sheet)
        mime = xlsx.CONTENT_TYPE if kind == "xlsx" else csv_files.CONTENT_TYPE
        return attachment(content, f"{said(sheet.title)}-{report.since}-{report.until}.{kind}", mime)
    faults = report_codes.faults_of(report.narrow.codes)
    page = render_template(
        "admin/ledger.html",
        faults=faults,
        report=report,
        words=names_of([*report.accounts, *report.money]),
        causes=all_said(money_report.CAUSES),
        steps=STEPS,
        tabs=tabs("admin.ledger"),
        entries_of=lambda account: _entries_of(report, account),
        chart=_chart_of_steps(report) if report.steps else _chart(report),
        closed=queries.closed_periods(),
        may_close=queries.may_close(report.until, utc_now()),
    )
    return page, 422 if faults else 200


def _entries_of(report: IncomeExpense, account: str) -> str:
    """Return where the entries stand that a figure of the report is made of."""
    narrow = report.narrow
    wish = {"cause": narrow.cause, "leader": narrow.leader, "supplier": narrow.supplier}
    chosen: dict[str, Any] = {name: value for name, value in wish.items() if value}
    return url_for("admin.ledger_journal", since=report.since, until=report.until, account=account, **chosen)


def _report() -> IncomeExpense:
    """Return the report that the address asks for; months that are none are the present one."""
    month = rules.period_of(utc_now())
    narrow = Narrow(**{name: asked(name) for name in Narrow.__slots__})
    step = asked("step") if asked("step") in STEPS else ""
    try:
        return money_report.income_expense(asked("since") or month, asked("until") or month, narrow, step)
    except BadInput:
        return money_report.income_expense(month, month, narrow)


def _chart(report: IncomeExpense) -> dict[str, Any] | None:
    """Return bars of the accounts, coloured by whether they are income, expense or money."""
    bars = report.bars()
    if not bars:
        return None
    groups = (
        (_("Income"), report.income),
        (_("Expense"), report.expense),
        (_("Money in and out"), report.money),
    )
    series = [
        {
            "name": heading,
            "type": "bar",
            "stack": "accounts",
            "barMaxWidth": 26,
            "data": [fen / 100 if name in rows else None for name, fen in bars],
        }
        for heading, rows in groups
    ]
    words = names_of(name for name, _fen in bars)
    names = [words[name] for name, _fen in bars]
    return {
        "legend": {"data": [one["name"] for one in series]},
        "xAxis": {"type": "category", "data": names, "axisLabel": {"rotate": 30}},
        "yAxis": [{"type": "value"}],
        "series": series,
    }


def _chart_of_steps(report: IncomeExpense) -> dict[str, Any]:
    """Return lines of income, expense and what is left of them over the days, weeks or months."""
    lines = (
        (_("Income"), [one.income_fen / 100 for one in report.steps]),
        (_("Expense"), [one.expense_fen / 100 for one in report.steps]),
        (_("Income less expense"), [one.profit_fen / 100 for one in report.steps]),
    )
    return {
        "legend": {"data": [name for name, _data in lines]},
        "xAxis": {"type": "category", "data": [one.first.isoformat() for one in report.steps]},
        "yAxis": [{"type": "value"}],
        "series": [{"name": name, "type": "line", "data": data} for name, data in lines],
    }


@blueprint.route("/ledger/figures", methods=["GET", "POST"])
def ledger_figures() -> ResponseReturnValue:
    """Set days, fees, limits and rates."""
    form = DialsForm(obj=dials())

    def store() -> None:
        names = [name for name in form._fields if name not in ("csrf_token", "seen")]
        set_figures(values={name: form[name].data for name in names}, now=utc_now(), actor=actor().name)

    back = (url_for("admin.ledger"), _("Income and expense"))
    return saving.answer(form, store, title=_("Figures of money"), back=back, stands=dials)
