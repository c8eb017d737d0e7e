"""Weights from a workbook: the template with the lines to weigh, and what comes back filled in."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.db.transaction import in_transaction
from groupbuy.documents import marking, xlsx
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.reading import read_table
from groupbuy.documents.templates import TemplateColumn, write_template
from groupbuy.flows.weight_file import enter_rows, read_weights
from groupbuy.http.guards import signed_in
from groupbuy.http.quotas import count_upload
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.sent_files import in_words
from groupbuy.web.admin.weights import scale_layouts
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.weighing import queries

COLUMNS = (
    TemplateColumn("order_no", required=True, explanation="订单号", example="26112212345678"),
    TemplateColumn("product_code", required=True, explanation="商品编码", example="P1"),
    TemplateColumn(
        "grams", required=True, explanation="实重（克），几件可写 512+498，或扫秤签条码", example="1010"
    ),
    TemplateColumn("leader", explanation="团长，仅供参考"),
    TemplateColumn("resident", explanation="收货人，仅供参考"),
    TemplateColumn("product", explanation="商品，仅供参考"),
    TemplateColumn("pieces", explanation="件数，仅供参考"),
    TemplateColumn("expected_grams", explanation="预估重量（克），仅供参考"),
)


@blueprint.get("/rounds/<name>/weights/template.xlsx")
def weights_template(name: str) -> ResponseReturnValue:
    """Download a workbook with a row for each line that has no weight yet."""
    round_ = get_round(name)
    rows = [
        (
            *(line.order_no, line.product_code, "", line.leader, line.resident, line.name),
            *(str(line.quantity), str(line.expected)),
        )
        for line in queries.weighed_lines(round_.id)
        if line.missing
    ]
    content = write_template("称重", COLUMNS, (f"{round_.title}：填好实重后上传，空行不读。",), rows)
    return attachment(content, f"称重-{name}.xlsx", xlsx.CONTENT_TYPE)


@blueprint.post("/rounds/<name>/weights/file")
def weights_file(name: str) -> ResponseReturnValue:
    """Enter the weights of a workbook, all or none; one with faults comes back with each marked."""
    file = request.files.get("file")
    content, file_name = (file.read(), file.filename or "") if file else (b"", "")
    count_upload(signed_in(), len(content))
    try:
        if not content:
            raise of_file("required", "Choose a file.")
        new = _enter(get_round(name), content, file_name)
    except UnreadableTable as error:
        return _faults(name, content, file_name, error)
    except GroupbuyError as error:
        flash(translate_sentence(error.message), "bad")
        return redirect(url_for("admin.weights", name=name), 303)
    flash(_("%(count)s weights were entered.", count=new), "ok")
    return redirect(url_for("admin.weights", name=name), 303)


def _enter(round_: Round, content: bytes, file_name: str) -> int:
    known = {(line.order_no, line.product_code) for line in queries.weighed_lines(round_.id)}
    found = read_weights(read_table(content, file_name), known=known)
    who, name = actor(), round_.name
    return in_transaction(
        lambda: enter_rows(
            round_=get_round(name),
            rows=found,
            layouts=scale_layouts(),
            now=utc_now(),
            actor=who,
            sure="sure" in request.form,
        )
    )


def _faults(name: str, content: bytes, file_name: str, error: UnreadableTable) -> ResponseReturnValue:
    faults = in_words(error.faults)
    if any(fault.row > 1 for fault in faults):
        marked = marking.mark_up(content, faults, file_name)
        return attachment(marked, f"称重-{name}-错误.xlsx", xlsx.CONTENT_TYPE)
    for fault in faults:
        flash(fault.message, "bad")
    return redirect(url_for("admin.weights", name=name), 303)
