"""Counting the stock by sheet (盘点表): downloaded, filled in, sent, looked at, and booked once."""

from pathlib import Path

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.documents import xlsx
from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.languages import said
from groupbuy.documents.reading import read_table
from groupbuy.flows.importing.count_file import CountFile, book_counts, read_counts, write_counts
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.warehouse import counting
from groupbuy.warehouse import warehouses as places
from groupbuy.warehouse.sheets import count_sheet
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.sent_files import SHOWN_FAULTS, FileForm, marked, name_of, taken
from groupbuy.web.admin.stock_issues import paper
from groupbuy.web.admin.warehouses import asked_place, place_name
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.kit.uploads import kept

SHOWN_LINES = 200


@blueprint.get("/stock/count-sheet.<any(xlsx, pdf):suffix>")
def stock_count_sheet(suffix: str) -> ResponseReturnValue:
    """Download the sheet to count the stock by, of one warehouse or all: on paper, or to fill in."""
    place = asked_place()
    # What moves between the two is refused when the sheet comes back, which does no harm.
    made_after = counting.last_movement()
    rows = counting.to_count(place.id if place else None)
    name = f"{said('盘点表')}-{place.code}" if place else said("盘点表")
    if suffix == "pdf":
        return paper(count_sheet(rows, zone=zone(), printed_at=utc_now()), name, suffix)
    return attachment(write_counts(rows, made_after=made_after), f"{name}.xlsx", xlsx.CONTENT_TYPE)


@blueprint.route("/stock/count-sheets", methods=["GET", "POST"])
def stock_count() -> ResponseReturnValue:
    """Take a count sheet in and show how it differs; nothing is booked yet."""
    form = FileForm()
    if sent := taken(form, lambda token: url_for("admin.stock_count_check", token=token)):
        return sent
    page = render_template("admin/stock_count.html", form=form, places=places.all_places())
    return page, 422 if form.errors else 200


@blueprint.get("/stock/count-sheets/<token>")
def stock_count_check(token: str) -> ResponseReturnValue:
    """Show what a count sheet would book."""
    path = kept(token)
    found = _read(path)
    page = render_template(
        "admin/stock_count_check.html",
        found=found,
        token=token,
        name=name_of(path),
        shown=SHOWN_FAULTS,
        shown_lines=SHOWN_LINES,
        place_name=place_name,
    )
    return page, 422 if found.faults else 200


@blueprint.get("/stock/count-sheets/<token>/marked.xlsx")
def stock_count_marked(token: str) -> ResponseReturnValue:
    """Give the sheet back with what is wrong marked in it."""
    path = kept(token)
    return marked(path, _read(path).faults, "盘点表-错误.xlsx")


@blueprint.post("/stock/count-sheets/<token>")
def stock_count_book(token: str) -> ResponseReturnValue:
    """Book a count sheet that has been looked at; with a fault nothing is booked."""
    path = kept(token)
    found = _book(path)
    if found is None or found.faults:
        return redirect(url_for("admin.stock_count_check", token=token), 303)
    path.unlink(missing_ok=True)
    booked = len(found.differing)
    flash(ngettext("%(num)s difference is booked.", "%(num)s differences are booked.", booked), "ok")
    return redirect(url_for("admin.stock_movements", kind="stock_take"), 303)


def _read(path: Path) -> CountFile:
    """Check a kept file; what cannot be read at all comes back as faults."""
    try:
        return read_counts(read_table(path), zone=zone())
    except UnreadableTable as error:
        return CountFile(faults=tuple(error.faults))


def _book(path: Path) -> CountFile | None:
    """Book a kept file; None where goods have moved at this very moment, so that it is looked at again."""
    try:
        table, now, who = read_table(path), utc_now(), actor().name
        return in_transaction(lambda: book_counts(table, now=now, zone=zone(), actor=who))
    except (RuleBroken, UnreadableTable):
        return None
