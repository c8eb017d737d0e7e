"""The bank's statement: taken in from a file, matched with our movements, differences both ways."""

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import Fault, UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.finance.models import BankLine
from groupbuy.flows import bank_reading, banking
from groupbuy.flows.bank_file import BankRow, idle_rows, layout, read_statement
from groupbuy.http.guards import signed_in
from groupbuy.http.quotas import count_upload
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, asked_day, by_state, page_of, show
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence

KINDS = {
    "withdrawal": _l("Withdrawal of a leader"),
    "supplier_payment": _l("Payment to a supplier"),
    "cash_handover": _l("Cash handed over"),
    "debt_settlement": _l("Debt paid back by a leader"),
}
FAULTS = {
    "bad_date": _l("This is no day."),
    "not_a_number": _l("This is no amount."),
    "no_amount": _l("There is no amount."),
}
MOST_FAULTS = 10

LINES = (
    Column(_l("Day"), lambda row: row.day.isoformat(), "code"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Counterparty"), lambda row: row.who, width=20),
    Column(_l("What for"), lambda row: row.words, width=26),
    Column(_l("Bank's number"), lambda row: row.reference, "code"),
    Column(_l("State"), lambda row: row.state, "state:bank_line"),
)
OURS = (
    Column(_l("Booked"), lambda row: row.Posting.at, "moment", width=17),
    Column(_l("Kind"), lambda row: KINDS[row.Posting.cause_kind]),
    Column(_l("Amount"), lambda row: row.fen, "money"),
    Column(_l("Proof of payment"), lambda row: row.proof, width=26),
)


class StatementForm(PageForm):
    """A file of the bank, and its columns where they are called otherwise than usual."""

    file = FileField(
        _l("Statement (.csv or .xlsx, as the bank gives it)"), validators=[FileRequired(_l("Choose a file."))]
    )
    day = StringField(_l("Column of the day"), validators=[Length(max=60)])
    amount = StringField(_l("Column of the amount with its sign"), validators=[Length(max=60)])
    income = StringField(_l("Column of what came in"), validators=[Length(max=60)])
    expense = StringField(_l("Column of what went out"), validators=[Length(max=60)])
    who = StringField(_l("Column of the counterparty"), validators=[Length(max=60)])
    words = StringField(_l("Column of the text"), validators=[Length(max=60)])
    reference = StringField(_l("Column of the reference"), validators=[Length(max=60)])


class LineForm(PageForm):
    """Why a line is set aside."""

    note = StringField(_l("Note"), validators=[Length(max=banking.MAX_NOTE)])


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of the bank: address, name, and whether it is this one."""
    pages = (("admin.bank", _("Lines of the bank")), ("admin.bank_missing", _("Not at the bank")))
    return [(url_for(page), name, page == current) for page, name in pages]


def _page_of(row: BankLine) -> str:
    return url_for("admin.bank_line", line_id=row.id)


@blueprint.get("/bank")
def bank() -> ResponseReturnValue:
    """List the bank's lines, the latest first, with the form for a file."""
    return _bank(StatementForm(formdata=None))


def _bank(form: StatementForm) -> ResponseReturnValue:
    state = asked("state")
    listing = Listing(
        "bank",
        _("Bank statement"),
        bank_reading.selected(state=state, since=asked_day("from"), until=asked_day("until")),
        LINES,
        filters=(by_state("bank_line"), Filter("from", _("Day"), until="until")),
        actions=(
            (_("Match"), lambda row: _page_of(row) if row.state == "open" else None),
            (_("Details"), lambda row: None if row.state == "open" else _page_of(row)),
        ),
        scalars=True,
    )
    empty = _("Take in a statement of your bank; what is beyond doubt is matched by itself.")
    values: dict[str, Any] = {"tabs": tabs("admin.bank"), "empty_text": empty, "form": form}
    if form.errors or form.form_errors:
        return render_template("admin/bank.html", listing=listing, pages=page_of(listing), **values), 422
    return show(listing, "admin/bank.html", **values)


@blueprint.post("/bank")
def bank_take() -> ResponseReturnValue:
    """Take a statement in; a file may be sent again, each line counts once."""
    form, file = StatementForm(), request.files.get("file")
    content, name = (file.read(), file.filename or "") if file else (b"", "")
    count_upload(signed_in(), len(content))
    read = _read(form, content, name) if form.validate_on_submit() else None
    if read is None:
        return _bank(form)
    (rows, idle), who = read, actor().name
    taken = in_transaction(lambda: banking.take_in(rows=rows, now=utc_now(), actor=who))
    _tell(taken, idle)
    return redirect(url_for("admin.bank"), 303)


def _read(form: StatementForm, content: bytes, name: str) -> tuple[list[BankRow], list[int]] | None:
    """Return the lines of a file and the rows that move nothing, None with the faults in the form."""
    columns = {field: form[field].data or "" for field in form.data if field not in ("file", "csrf_token")}
    try:
        table = read_table(content, name, layout=layout(columns))
        return read_statement(table, columns=columns), idle_rows(table, columns=columns)
    except UnreadableTable as error:
        form.form_errors.extend(_said(fault) for fault in error.faults[:MOST_FAULTS])
        more = len(error.faults) - MOST_FAULTS
        if more > 0:
            form.form_errors.append(
                ngettext("%(num)s more row is at fault.", "%(num)s more rows are at fault.", more)
            )
    except BadInput as error:
        saving.blame(form, error)
    return None


def _tell(taken: banking.Taken, idle: list[int]) -> None:
    """Say what became of a file, and which of its rows were passed over."""
    done = _("%(new)s of %(lines)s lines are new, %(matched)s were matched by themselves.", **asdict(taken))
    flash(done, "ok")
    if idle:
        rows = ", ".join(map(str, idle[:MOST_FAULTS])) + (" …" if len(idle) > MOST_FAULTS else "")
        flash(_("Rows that only add others up or move nothing were passed over: %(rows)s.", rows=rows), "ok")


def _said(fault: Fault) -> str:
    sentence = str(FAULTS.get(fault.code) or translate_sentence(fault.message))
    return _("Row %(row)s: %(what)s", row=fault.row, what=sentence) if fault.row > 1 else sentence


@blueprint.get("/bank/missing")
def bank_missing() -> ResponseReturnValue:
    """List our movements at the bank behind which no line stands."""
    listing = Listing("not-at-the-bank", _("Not at the bank"), banking.missing(), OURS)
    empty = _("Every payout, payment and handed over cash stands in the bank's statement.")
    return show(listing, tabs=tabs("admin.bank_missing"), empty_text=empty)


@blueprint.route("/bank/<int:line_id>", methods=["GET", "POST"])
def bank_line(line_id: int) -> ResponseReturnValue:
    """Match a line with movements that add up to it, or set it aside with a note."""
    line, form = banking.get_line(line_id), LineForm()

    def store() -> None:
        usual: dict[str, Any] = {"line_id": line_id, "now": utc_now(), "actor": actor().name}
        if request.form.get("do") == "aside":
            banking.set_aside(note=form.note.data or "", **usual)
        else:
            banking.match(posting_ids=_ticked(), **usual)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Saved."), "ok")
        return redirect(url_for("admin.bank"), 303)
    proposed = bank_reading.proposals(line) if line.state == "open" else []
    page = render_template(
        "admin/bank_line.html",
        line=line,
        form=form,
        kinds=KINDS,
        matched=banking.matched_with(line_id),
        candidates=bank_reading.candidates(line, proposed) if line.state == "open" else (),
        proposed={posting for one in proposed for posting in one.postings},
    )
    return page, 422 if form.errors or form.form_errors else 200


def _ticked() -> list[int]:
    texts = request.form.getlist("postings")
    return [number for text in texts if (number := row_id(text)) is not None]


@blueprint.post("/bank/<int:line_id>/reopen")
def bank_reopen(line_id: int) -> ResponseReturnValue:
    """Take a match or a setting aside back."""
    who = actor().name
    in_transaction(lambda: banking.reopen(line_id=line_id, now=utc_now(), actor=who))
    flash(_("The line is open again."), "ok")
    return redirect(url_for("admin.bank_line", line_id=line_id), 303)
